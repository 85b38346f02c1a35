import type { KeepingHistory, StartOptions, TargetHistory } from "../history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistoryStats,
  Position,
} from "../history_source.ts";
import type { SubscribeOptions } from "../subscription_state.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, EventTargetOptions } from "../types.ts";
import { NoHistoryError } from "./errors.ts";
import { assertFrom } from "./from.ts";
import { KeepingEventTarget } from "./keeping_event_target.ts";
import { listenFrom } from "./listen_from.ts";
import type { MemoryLog } from "./memory_log.ts";
import { ReplayedState } from "./replayed_state.ts";

/** The history of one event target: its log, and how subscriptions use it. */
export class OwnHistory implements KeepingHistory, TargetHistory {
  readonly #log: MemoryLog;
  #target: KeepingEventTarget | undefined;

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  createEventTarget(options: EventTargetOptions): KeepingEventTarget {
    if (this.#target !== undefined) {
      throw new TypeError("Cannot use a history on two event targets: create one for each");
    }
    return this.#target = new KeepingEventTarget(options, this.#log, this);
  }

  declares(type: string): boolean {
    return this.#log.declares(type);
  }

  head(): Position {
    return this.#log.head();
  }

  read(
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): HistoryPage<EventEnvelope> {
    return this.#log.read(topic, after, bounds);
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#log.isAfter(position, other);
  }

  forget(type: string, id?: string): void {
    this.#log.forget(type, id);
  }

  stats(): HistoryStats {
    return this.#log.stats();
  }

  has(topic: Topic, from: HistoryFrom = "now"): boolean {
    assertFrom(topic, from);
    if (this.declares(topic.type)) return true;
    if (from === "now") return false;
    throw new NoHistoryError(topicOf(topic.type, topic.id));
  }

  subscribe<T extends EventEnvelope>(
    topic: Topic,
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
  ): ReplayedState<T> {
    return new ReplayedState<T>(options, open, this.#log, topic);
  }

  listen(
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    { from = "now" }: StartOptions,
    handle: object,
  ): () => void {
    if (this.#target === undefined) throw new TypeError("Cannot listen: the history has no event target");
    return listenFrom(this.#target, this.#log, { type, id }, listener, from, handle);
  }
}
