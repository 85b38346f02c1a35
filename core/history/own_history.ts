import type { KeepingHistory, TargetHistory } from "../history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistoryStats,
  MemoryHistory,
  Position,
} from "../history_source.ts";
import type { Topic } from "../topic.ts";
import type { EventEnvelope, EventTargetOptions } from "../types.ts";
import { KeepingEventTarget } from "./keeping_event_target.ts";
import type { EventForm } from "./event_form.ts";
import { KeptEvents } from "./kept_events.ts";
import type { MemoryLog } from "./memory_log.ts";
import { PAYLOAD_FORM } from "./payload_form.ts";
import { SourcePast } from "./source_past.ts";

/** The history of one event target: its log, and how subscriptions use it. */
export class OwnHistory extends SourcePast implements KeepingHistory, TargetHistory {
  protected readonly events: KeptEvents<EventEnvelope>;
  protected target: KeepingEventTarget | undefined;
  readonly #log: MemoryLog;
  #isTaken = false;
  /** Reads events that are kept in another form. */
  #readOther: MemoryHistory<EventEnvelope>["read"] | undefined;

  constructor(log: MemoryLog) {
    super();
    this.#log = log;
    this.events = new KeptEvents(log, PAYLOAD_FORM);
  }

  createEventTarget(options: EventTargetOptions): KeepingEventTarget {
    this.#take();
    return this.target = new KeepingEventTarget(options, this.events, this);
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
    return this.#readOther?.(topic, after, bounds) ?? this.events.read(topic, after, bounds);
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

  #take(): void {
    if (this.#isTaken) throw new TypeError("Cannot use a history on two event targets: create one for each");
    this.#isTaken = true;
  }
}
