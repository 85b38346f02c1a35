import type { ListenerList } from "../../../core/listener_list.ts";
import type { LogReader } from "./log_reader.ts";
import type { Place } from "./place.ts";
import type { RedisLog } from "./redis_log.ts";

/** The ids that one read compares. */
const MAX_IDS = 500;

/** The callbacks of {@linkcode Misses}. */
export interface MissesHandler {
  /** The place that the listeners of a topic have reached, if it says which events they have. */
  placeOf(list: ListenerList): Place | undefined;
  /** The topic has missed nothing. */
  onNone(list: ListenerList): void;
}

/** Finds the topics that have missed events, after a loss. One read compares many topics of single ids. */
export class Misses {
  readonly #log: RedisLog;
  readonly #reader: LogReader;
  readonly #handler: MissesHandler;

  constructor(log: RedisLog, reader: LogReader, handler: MissesHandler) {
    this.#log = log;
    this.#reader = reader;
    this.#handler = handler;
  }

  /** Resolves with the topics that may have missed events, or with none once `isCurrent` returns `false`. */
  async find(lists: readonly ListenerList[], isCurrent: () => boolean): Promise<ListenerList[]> {
    const missing: ListenerList[] = [];
    const byType = new Map<string, ListenerList[]>();
    for (const list of lists) {
      if (list.id === undefined) missing.push(list);
      else byType.get(list.type)?.push(list) ?? byType.set(list.type, [list]);
    }
    for (const [type, all] of byType) {
      for (let i = 0; i < all.length; i += MAX_IDS) {
        missing.push(...await this.#compare(type, all.slice(i, i + MAX_IDS), isCurrent));
        if (!isCurrent()) return [];
      }
    }
    return missing;
  }

  async #compare(
    type: string,
    lists: readonly ListenerList[],
    isCurrent: () => boolean,
  ): Promise<readonly ListenerList[]> {
    const missing: ListenerList[] = [];
    for (let rest = lists; rest.length > 0;) {
      try {
        const ids = rest.map(({ id = "" }) => id);
        const { state, numbers } = await this.#reader.numbers(this.#log.kindOf(type), ids);
        if (!isCurrent()) return [];
        numbers.forEach((last, i) => {
          const list = rest[i];
          if (list === undefined) return;
          const place = this.#handler.placeOf(list);
          if (place === undefined || !state.has(place) || (last ?? state.gone) > place.n) missing.push(list);
          else this.#handler.onNone(list);
        });
        rest = rest.slice(numbers.length);
      } catch {
        return [...missing, ...rest];
      }
    }
    return missing;
  }
}
