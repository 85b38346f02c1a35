import type { RedisClient } from "../client.ts";
import type { Keeper } from "../config.ts";
import type { PublishStrategy } from "../publish/publish_strategy.ts";
import { keepingStrategy } from "./keeping_strategy.ts";
import type { KeptType } from "./kept_type.ts";
import { LogReader } from "./log_reader.ts";
import { RedisLog } from "./redis_log.ts";
import { Registration, type RegistrationHandler } from "./registration.ts";

/** Writes and reads the histories with the publishing client. */
export class RedisKeeper implements Keeper {
  readonly reader: LogReader;
  readonly log: RedisLog;
  readonly #client: RedisClient;
  readonly #registration: Registration;

  constructor(client: RedisClient, kinds: ReadonlyMap<string, KeptType>, handler: RegistrationHandler) {
    this.#client = client;
    this.#registration = new Registration(client, kinds.values(), handler);
    this.reader = new LogReader(client);
    this.log = new RedisLog(kinds, this.reader);
  }

  strategy(base: PublishStrategy): PublishStrategy {
    return keepingStrategy(base, this.#client, this.#registration);
  }

  onUp(): void {
    this.#registration.onUp();
    this.reader.pump();
  }

  onDown(): void {
    this.#registration.onDown();
    this.reader.onDown();
  }

  stop(error: Error): void {
    this.#registration.onDown();
    this.reader.stop(error);
  }
}
