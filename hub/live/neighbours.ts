import { setTimeout as delay } from "node:timers/promises";
import type { HubRow, SeenHub } from "./events.ts";
import { parseHubRow } from "./hub_row.ts";

/** A hash in Redis: a row of each hub. No topic and no history has such a key. */
const KEY = "pubsub-hub:hubs";

const INTERVAL_MS = 1000;

/** After this time without a new row, a hub has ended without a word. */
const FORGET_MS = 60_000;

/** The row of a hub that has ended while nobody looked is older, more than clocks differ. */
const ANCIENT_MS = 600_000;

/** How long an answer can take. Some never come: clients forget commands whose connection was lost. */
const ANSWER_MS = 5000;

/** How long the end of a hub waits for a Redis that does not answer. */
const LEAVE_MS = 500;

/** The most hubs that are shown. */
const MAX_HUBS = 100;

/** The commands of a Redis client that are used here. */
export interface HashClient {
  hset(key: string, field: string, value: string): Promise<unknown>;
  hgetall(key: string): Promise<Record<string, string>>;
  hdel(key: string, field: string): Promise<unknown>;
}

/** The row of a hub as it was last read, and when it was new by the clock of this hub: those of others may differ. */
interface Seen {
  readonly row: HubRow;
  readonly since: number;
}

/** Tells the hubs of one Redis of each other: each writes its numbers once a second. */
export class Neighbours {
  readonly #redis: HashClient;
  readonly #own: () => HubRow;
  readonly #timer: ReturnType<typeof setInterval>;
  #seen = new Map<string, Seen>();
  #id = "";
  #isWriting = false;
  #isReading = false;

  /** @param own Reads the numbers of this hub. */
  constructor(redis: HashClient, own: () => HubRow) {
    this.#redis = redis;
    this.#own = own;
    this.#timer = setInterval(() => void this.#write(), INTERVAL_MS);
    void this.#write();
  }

  /** The hubs that were there a moment ago, by name. */
  read(): SeenHub[] {
    void this.#refresh();
    const now = Date.now();
    return Array.from(this.#seen.values(), ({ row, since }) => ({ ...row, silentMs: now - since }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Takes this hub away. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await answerOf(this.#redis.hdel(KEY, this.#id), LEAVE_MS);
  }

  async #write(): Promise<void> {
    // A Redis that is away must not be sent all of them later.
    if (this.#isWriting) return;
    this.#isWriting = true;
    const row = this.#own();
    this.#id = row.id;
    await answerOf(this.#redis.hset(KEY, row.id, JSON.stringify(row)), ANSWER_MS);
    this.#isWriting = false;
  }

  async #refresh(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const texts = await answerOf(this.#redis.hgetall(KEY), ANSWER_MS);
    this.#isReading = false;
    if (texts === undefined) return;
    const now = Date.now();
    const seen = new Map<string, Seen>();
    for (const [field, text] of Object.entries(texts)) {
      const row = parseHubRow(text, field);
      const before = this.#seen.get(field);
      const since = before !== undefined && before.row.at === row?.at ? before.since : now;
      if (row === undefined || now - since > FORGET_MS || now - row.at > ANCIENT_MS) {
        void this.#redis.hdel(KEY, field).catch(() => {});
      } else if (seen.size < MAX_HUBS) {
        seen.set(field, { row, since });
      }
    }
    this.#seen = seen;
  }
}

/** The answer to a command; `undefined` if the command has failed, or is not answered in time. */
async function answerOf<T>(command: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const answered = new AbortController();
  const { signal } = answered;
  try {
    return await Promise.race([command, delay(timeoutMs, undefined, { signal })]);
  } catch {
    return undefined;
  } finally {
    answered.abort();
  }
}
