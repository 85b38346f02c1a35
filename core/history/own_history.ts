import type { KeepingHistory, StartOptions, TargetHistory } from "../history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistoryStats,
  MemoryHistory,
  Position,
} from "../history_source.ts";
import type { SubscribeOptions } from "../subscription_state.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, EventTargetOptions } from "../types.ts";
import { NoHistoryError } from "./errors.ts";
import { assertFrom } from "./from.ts";
import { KeepingEventTarget } from "./keeping_event_target.ts";
import { listenFrom } from "./listen_from.ts";
import type { EventForm } from "./event_form.ts";
import { KeptEvents } from "./kept_events.ts";
import type { MemoryLog } from "./memory_log.ts";
import { PAYLOAD_FORM } from "./payload_form.ts";
import { ReplayedState } from "./replayed_state.ts";

/** The history of one event target: its log, and how subscriptions use it. */
export class OwnHistory implements KeepingHistory, TargetHistory {
  readonly #log: MemoryLog;
  readonly #events: KeptEvents<EventEnvelope>;
  #target: KeepingEventTarget | undefined;
  #isTaken = false;
  /** Reads events that are kept in another form. */
  #readOther: MemoryHistory<EventEnvelope>["read"] | undefined;

  constructor(log: MemoryLog) {
    this.#log = log;
    this.#events = new KeptEvents(log, PAYLOAD_FORM);
  }

  createEventTarget(options: EventTargetOptions): KeepingEventTarget {
    this.#take();
    return this.#target = new KeepingEventTarget(options, this.#events, this);
  }

  keepAs<TEvent>(form: EventForm<TEvent>): KeptEvents<TEvent> {
    this.#take();
    const events = new KeptEvents(this.#log, form);
    this.#readOther = (topic, after, bounds) => {
      const page = events.read(topic, after, bounds);
      return { ...page, events: page.events.map((event) => form.toEnvelope(event)) };
    };
    return events;
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
    return this.#readOther?.(topic, after, bounds) ?? this.#events.read(topic, after, bounds);
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
    return new ReplayedState<T>(options, open, this.#events, topic);
  }

  listen(
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    { from = "now" }: StartOptions,
    handle: object,
  ): () => void {
    if (this.#target === undefined) throw new TypeError("Cannot listen: the history has no event target");
    return listenFrom(this.#target, this.#events, { type, id }, listener, from, handle);
  }

  #take(): void {
    if (this.#isTaken) throw new TypeError("Cannot use a history on two event targets: create one for each");
    this.#isTaken = true;
  }
}
