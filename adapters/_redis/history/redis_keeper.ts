import type { RedisClient } from "../client.ts";
import type { Keeper } from "../config.ts";
import type { PublishStrategy } from "../publish/publish_strategy.ts";
import { keepingStrategy } from "./keeping_strategy.ts";
import type { KeptType } from "./kept_type.ts";
import { LogReader } from "./log_reader.ts";
import { ReadQueue } from "./read_queue.ts";
import { RedisLog } from "./redis_log.ts";
import { Registration, type RegistrationHandler } from "./registration.ts";
import { ScriptSender } from "./script_sender.ts";

/** Writes and reads the histories with the publishing client. */
export class RedisKeeper implements Keeper {
  readonly reader: LogReader;
  readonly log: RedisLog;
  readonly #client: RedisClient;
  readonly #registration: Registration;
  readonly #reads: ReadQueue;
  readonly #sender: ScriptSender;

  constructor(client: RedisClient, kinds: ReadonlyMap<string, KeptType>, handler: RegistrationHandler) {
    this.#client = client;
    this.#registration = new Registration(client, kinds.values(), {
      onRegistered: () => {
        this.#sender.onRegistered();
        handler.onRegistered();
      },
      onFault: (error, type) => handler.onFault(error, type),
    });
    this.#sender = new ScriptSender(client, this.#registration);
    this.#reads = new ReadQueue(client);
    this.reader = new LogReader(this.#reads);
    this.log = new RedisLog(kinds, this.reader);
  }

  strategy(base: PublishStrategy): PublishStrategy {
    return keepingStrategy(base, this.#client, this.#registration, this.#sender);
  }

  onUp(): void {
    this.#registration.onUp();
    this.#reads.pump();
  }

  onDown(): void {
    this.#registration.onDown();
    this.#sender.onDown();
    this.#reads.onDown();
  }

  stop(error: Error): void {
    this.#registration.onDown();
    this.#reads.stop(error);
  }
}
