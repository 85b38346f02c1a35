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

const PAGE: HistoryPageBounds = { maxEvents: 256, maxBytes: 256 * 1024 };

/** The number of live events that can wait for a page. If there are more, the next page brings them. */
const MAX_HELD = 1024;

/** The part of a history that readers use. */
export interface ReplaySource extends Pick<HistorySource<EventEnvelope>, "read" | "isAfter"> {
  /** Reports that a page could not be read, if pages come later. */
  report?(error: unknown, topic: Topic): void;
}

/** The parts of a page that a reader needs. */
export interface ReplayPage extends Pick<HistoryPage<EventEnvelope>, "events" | "whole" | "done"> {
  /** The position before the first event. */
  readonly from: Position | undefined;
  readonly at: Position | undefined;
}

/**
 * One reader of a history, which reads pages until nothing is left, and then is live. While it reads, the log brings the
 * events that are published. The log has an event before listeners get it.
 */
export class Replay {
  live = false;
  readonly #source: ReplaySource;
  readonly #topic: Topic;
  #next: HistoryFrom | HistoryCursor;
  /** The end of the last page. While set and live, events may still come that were in that page. */
  #reached: Position | undefined;
  /** While a page is awaited: live events that may come after its end. */
  #held: EventEnvelope[] | undefined;
  /** Whether there were too many of them. */
  #overflowed = false;

  constructor(source: ReplaySource, topic: Topic, from: HistoryFrom) {
    this.#source = source;
    this.#topic = topic;
    this.#next = from;
  }

  /**
   * Reads the next page and gives it to `take`: before it returns, if the history answers at once. Returns whether it did. A
   * page that cannot be read counts as a loss of all that it would have brought.
   */
  read(take: (page: ReplayPage) => void): boolean {
    const page = this.#source.read(this.#topic, this.#next, PAGE);
    if (!("then" in page)) {
      take(this.#noted(page));
      return true;
    }
    this.#held = [];
    void page.then((page) => take(this.#noted(page)), (error) => {
      if (!this.live) this.#source.report?.(error, this.#topic);
      const at = this.#reached;
      take({ events: [], from: at, at, whole: false, done: true });
    });
    return false;
  }

  /** From now on, events come live. Returns those that came while the last page was awaited and are not in it. */
  goLive(): EventEnvelope[] {
    this.live = true;
    const held = this.#held ?? [];
    this.#held = undefined;
    return held.filter((event) => !this.skips(event));
  }

  /** Whether the log brings an event that was published, or has brought it. */
  skips(event: EventEnvelope): boolean {
    const { at } = event;
    if (at === undefined) return false;
    if (!this.live) {
      this.#hold(event);
      return true;
    }
    if (this.#reached === undefined) return false;
    // A listener can be added, or turn live, between the append and the call of later listeners.
    if (!this.#source.isAfter(at, this.#reached)) return true;
    this.#reached = undefined;
    return false;
  }

  #hold(event: EventEnvelope): void {
    if (this.#held === undefined) return;
    if (this.#held.push(event) <= MAX_HELD) return;
    this.#held = undefined;
    this.#overflowed = true;
  }

  #noted(page: HistoryPage<EventEnvelope>): ReplayPage {
    this.#next = page.next;
    this.#reached = page.at;
    if (!this.#overflowed) return page;
    this.#overflowed = false;
    return { ...page, done: false };
  }
}
