import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistorySource,
  Position,
} from "../history_source.ts";
import type { Topic } from "../topic.ts";
import type { EventEnvelope } from "../types.ts";
import type { EventForm } from "./event_form.ts";
import type { MemoryLog } from "./memory_log.ts";
import { RecentPages } from "./recent_pages.ts";

/** The events of a log, in the form of the event target that keeps them. */
export class KeptEvents<TEvent> implements HistorySource<TEvent> {
  readonly #log: MemoryLog;
  readonly #form: EventForm<TEvent>;
  readonly #recent = new RecentPages<TEvent>();

  constructor(log: MemoryLog, form: EventForm<TEvent>) {
    this.#log = log;
    this.#form = form;
  }

  declares(type: string): boolean {
    return this.#log.declares(type);
  }

  head(): Position {
    return this.#log.head();
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#log.isAfter(position, other);
  }

  /** Keeps an event of a declared type, and returns it with its position. */
  append(envelope: EventEnvelope): TEvent | undefined {
    const { type, id } = envelope;
    const log = this.#log;
    if (!log.declares(type)) return undefined;
    // This may call the program, which may publish: the position comes later.
    const { kept, bytes } = this.#form.keep(envelope);
    return this.#form.restore(type, id, kept, bytes, log.append(type, id, kept, bytes));
  }

  read(topic: Topic, after: HistoryFrom | HistoryCursor, bounds: HistoryPageBounds): HistoryPage<TEvent> {
    return this.#log.read(topic, after, bounds, { form: this.#form, recent: this.#recent });
  }
}
