import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  Position,
} from "../history_source.ts";
import type { Topic } from "../topic.ts";
import type { EventEnvelope } from "../types.ts";

const PAGE: HistoryPageBounds = { maxEvents: 256, maxBytes: 256 * 1024 };

/** A history that answers at once. */
export interface ReplaySource {
  head(topic: Topic): Position;
  read(
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): HistoryPage<EventEnvelope>;
  isAfter(position: Position, other: Position): boolean;
}

/**
 * One reader of a history, which reads pages until nothing is left, and then is live. While it reads, the log brings the
 * events that are published. The log has an event before listeners get it.
 */
export class Replay {
  /** The position of the event that the program read last, or the position where it began. */
  position: Position;
  live = false;
  readonly #source: ReplaySource;
  readonly #topic: Topic;
  #next: HistoryFrom | HistoryCursor;
  /** While set, live events may still come that were in the last page. */
  #reached: Position | undefined;

  constructor(source: ReplaySource, topic: Topic, from: HistoryFrom) {
    this.#source = source;
    this.#topic = topic;
    this.#next = from;
    this.position = source.head(topic);
    if (from === "now") this.goLive(this.position);
  }

  /** Reads the next page. */
  read(): HistoryPage<EventEnvelope> {
    const page = this.#source.read(this.#topic, this.#next, PAGE);
    this.#next = page.next;
    return page;
  }

  /** From now on, events come live. Those up to a position were read from the log. */
  goLive(reached: Position): void {
    this.live = true;
    this.#reached = reached;
  }

  /** Whether the log brings an event that was published, or has brought it. */
  skips({ at }: EventEnvelope): boolean {
    // A listener can be added, or turn live, between the append and the call of later listeners.
    if (at === undefined || (this.live && this.#reached === undefined)) return false;
    if (!this.live || (this.#reached !== undefined && !this.#source.isAfter(at, this.#reached))) return true;
    this.#reached = undefined;
    return false;
  }
}
