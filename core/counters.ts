import type { Dispatcher } from "./dispatcher.ts";
import type { ListenerTable } from "./listener_table.ts";
import { mapKey } from "./map_key.ts";
import type { ErrorStage, EventTargetStats, TypeStats } from "./stats.ts";

/** The most event types that are counted apart. */
const MAX_TYPES = 100;

/** Counts further types, and events that were refused, so that their types get no counters of their own. */
export const OTHER = "other";

/** The events of one type. */
interface TypeCounter {
  readonly type: string;
  published: number;
  heard: number;
}

/** No event has this type, so that the first event of a target looks its type up. */
const NO_TYPE: TypeCounter = { type: "::", published: 0, heard: 0 };

/**
 * Counts the events of one target, by type. A count is an addition to a field: the numbers that users read are made when
 * they ask for them.
 */
export class Counters {
  /** Events that were dropped because too many bytes waited. */
  backpressure = 0;
  /** Events that came after the end. */
  closed = 0;
  /** Events at which the transport threw. */
  failed = 0;
  /** Reports of faults, by stage, once there were any. */
  reports: Partial<Record<ErrorStage, number>> | undefined;
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

  /** Counts events that arrived here. */
  hear(type: string, count = 1): void {
    if (type !== this.#last.type) this.#last = this.#of(type);
    this.#last.heard += count;
  }

  /** Counts the report of a fault. */
  report(stage: ErrorStage): void {
    const reports = this.reports ??= {};
    reports[stage] = (reports[stage] ?? 0) + 1;
  }

  /** The numbers that users read. Where nothing is sent, an event is heard at once, and is only counted as published. */
  stats(
    { lists }: ListenerTable,
    { delivered = 0, unheard = 0, undeliverable = 0 }: Partial<Dispatcher>,
    isHeardAtOnce: boolean,
  ): EventTargetStats {
    const { backpressure, closed, failed, gaps, reports } = this;
    let total = closed;
    let heard = isHeardAtOnce ? delivered + unheard + undeliverable : 0;
    const types = Array.from(this.#types?.values() ?? [], (counter): [string, TypeStats] => {
      const { published } = counter;
      total += published;
      if (isHeardAtOnce) return [counter.type, { published, heard: published }];
      heard += counter.heard;
      return [counter.type, { published, heard: counter.heard }];
    });
    let count = 0;
    for (const { size } of lists.values()) count += size;
    return {
      published: { total, handedOver: total - closed - failed, dropped: { backpressure, closed, failed } },
      heard: { total: heard, delivered, dropped: { unheard, decode: undeliverable } },
      listeners: { topics: lists.size, count, gaps },
      reports: { ...reports },
      types: Object.fromEntries(types),
    };
  }

  #of(type: string): TypeCounter {
    const types = this.#types ??= new Map();
    const key = mapKey(type);
    const known = types.get(key);
    if (known !== undefined) return known;
    if (types.size >= MAX_TYPES && type !== OTHER) return this.#of(OTHER);
    const counter: TypeCounter = { type, published: 0, heard: 0 };
    types.set(key, counter);
    return counter;
  }
}
