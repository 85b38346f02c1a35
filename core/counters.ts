import { mapKey } from "./map_key.ts";
import type { ErrorStage, TypeStats } from "./stats.ts";

/** The most event types that are counted apart. */
const MAX_TYPES = 100;

/** Counts further types. */
const OTHER = "other";

/** The events of one type. */
class TypeCounter {
  readonly type: string;
  published = 0;
  heard = 0;

  constructor(type: string) {
    this.type = type;
  }
}

/** No event has this type, so that the first event of a target looks its type up. */
const NO_TYPE = /* @__PURE__ */ new TypeCounter("::");

/**
 * Counts the events of one target, by type. A count is an addition to a field: the numbers that users read are made when
 * they ask for them.
 */
export class Counters {
  /** Events that came after the end. */
  closed = 0;
  /** Events at which the transport threw. */
  failed = 0;
  /** Reports of faults, by stage. */
  readonly reports: Partial<Record<ErrorStage, number>> = {};
  /** Gaps that listeners were notified of. */
  gaps = 0;
  /** Of the last event: events come in runs of one type. */
  #last = NO_TYPE;
  #types: Map<string | number, TypeCounter> | undefined;

  /** Counts an event that was published here. */
  publish(type: string): void {
    if (type !== this.#last.type) this.#last = this.#of(type);
    this.#last.published++;
  }

  /** Counts an event that arrived here. */
  hear(type: string): void {
    if (type !== this.#last.type) this.#last = this.#of(type);
    this.#last.heard++;
  }

  /** Counts events that arrived here and were refused, so that their types get no counters of their own. */
  hearRefused(count: number): void {
    this.#of(OTHER).heard += count;
  }

  /** The events by type. Where nothing is sent, an event that is published is heard. */
  typesOf(isHeardAtOnce: boolean): Record<string, TypeStats> {
    return Object.fromEntries(Array.from(this.#types?.values() ?? [], ({ type, published, heard }) => {
      return [type, { published, heard: isHeardAtOnce ? published : heard }];
    }));
  }

  /** The events that were published. */
  get published(): number {
    let sum = this.closed;
    for (const { published } of this.#types?.values() ?? []) sum += published;
    return sum;
  }

  /** The events that arrived. */
  get heard(): number {
    let sum = 0;
    for (const { heard } of this.#types?.values() ?? []) sum += heard;
    return sum;
  }

  #of(type: string): TypeCounter {
    const types = this.#types ??= new Map();
    const key = mapKey(type);
    const known = types.get(key);
    if (known !== undefined) return known;
    if (types.size >= MAX_TYPES && type !== OTHER) return this.#of(OTHER);
    const counter = new TypeCounter(type);
    types.set(key, counter);
    return counter;
  }
}
