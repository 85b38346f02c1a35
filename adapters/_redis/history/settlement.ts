import type { Topic } from "../../../core/topic.ts";
import { type Place, placeOf } from "./place.ts";
import type { RedisLog } from "./redis_log.ts";

/** Finds the places from where on topics have all events, once Redis has acknowledged them. */
export class Settlement {
  readonly #log: RedisLog;
  readonly #barrier: () => Promise<void>;
  #arriving: Promise<void> | undefined;

  constructor(log: RedisLog, barrier: () => Promise<void>) {
    this.#log = log;
    this.#barrier = barrier;
  }

  async placeOf(topic: Topic): Promise<Place | undefined> {
    const place = placeOf(await this.#log.head(topic));
    // Events up to the place may still be on their way. The topics of one moment share the wait.
    await (this.#arriving ??= Promise.resolve().then(() => {
      this.#arriving = undefined;
      return this.#barrier();
    }));
    return place;
  }
}
