import { setTimeout as delay } from "node:timers/promises";
// @ts-types="../../support/ioredis.d.ts"
import { Redis } from "ioredis";
import { SlowLog } from "../../support/redis_history/slow_log.ts";

/** Each look covers so little time that what other processes took of it can be told apart. */
const LOOK_MS = 50;
/** A stop can take longer than it is to. */
const SLACK_MS = 1000;

/** Watches whether commands hold a Redis for too long, also if that is stopped and killed meanwhile. */
export class HeldWatch {
  /** The commands that did. */
  readonly slow: string[] = [];
  readonly #client: Redis;
  readonly #log: SlowLog;
  readonly #loop: Promise<void>;
  #isOver = false;
  #looks = 0;
  /** How long a command may have been stopped in, in microseconds. */
  #stoppedUs = 0;

  /** `pid` is the process of Redis, which can be another one later. */
  constructor(path: string, pid: () => number) {
    this.#client = new Redis(path);
    this.#client.on("error", () => {});
    this.#log = new SlowLog(this.#client, pid);
    this.#loop = this.#watch();
  }

  /** Stops the process for a time. A command that it was stopped in does not count. */
  async whileStopped(ms: number, stop: () => Promise<void>): Promise<void> {
    this.#stoppedUs = (ms + SLACK_MS) * 1000;
    await stop();
    // The look that had begun meanwhile, and one that has seen all since then.
    for (const looks = this.#looks; this.#looks < looks + 2 && !this.#isOver;) await delay(LOOK_MS);
    this.#stoppedUs = 0;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    this.#client.disconnect();
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      await delay(LOOK_MS);
      try {
        this.slow.push(...await this.#log.take(() => this.#stoppedUs));
        this.#looks++;
      } catch {
        // Redis was killed. The log of the next one is empty.
      }
    }
  }
}
