import type { Topic } from "./topic.ts";

/**
 * The place of an event in the history of its type: opaque, at most 64 ASCII characters, ordered within the type. A program
 * can store it, and subscribe from it later.
 */
export type Position = string;

/**
 * Where a subscription begins.
 *
 * - `"now"`: with the next event that is published.
 * - `"start"`: with all kept events of the topic. They are whole if none was ever forgotten.
 * - `"latest"`: with the latest event of each id. They are whole if no id was forgotten.
 * - `{ last: n }`: with the last `n` events of the topic. They are whole if they are the last that were published.
 * - a position: with the events after it. If one of them was forgotten, none of them is replayed.
 * - `{ latest: position }`: with the latest event of each id that has one after the position.
 */
export type HistoryFrom =
  | "now"
  | "start"
  | "latest"
  | { readonly last: number }
  | { readonly latest: Position }
  | (Position & Record<never, never>);

/** The place at which a page ended. Only the history that gave it can read on from it, and only while it exists. */
export interface HistoryCursor {
  /** The position of the last event that was read. */
  readonly after: Position;
}

/** The bounds of a page. A page has at least one event, if there is one, and `maxEvents` is not 0. */
export interface HistoryPageBounds {
  /** The largest number of events. With 0, a page only says where it begins, and whether it is whole. */
  readonly maxEvents: number;
  /** The largest number of bytes, as the history counts them. */
  readonly maxBytes: number;
  /**
   * The largest number of events of this page and of all pages that continue it. A read that would have more is not whole:
   * after a position it has none, and otherwise it has the last of them. A history that cannot tell ignores this.
   *
   * @default Infinity
   */
  readonly maxReplay?: number;
}

/** Events of one topic, in publish order. */
export interface HistoryPage<TEvent> {
  /** The events, each with its position `at`. */
  readonly events: readonly TEvent[];
  /** The position before the first event. */
  readonly from: Position;
  /** The position up to which nothing is left to read: of the last event, or of the whole history where the page is `done`. */
  readonly at: Position;
  /** Whether no event was forgotten that belongs in this page. Each loss is reported by one page. */
  readonly whole: boolean;
  /** Whether nothing is left to read. Events that are published later can be read from `next`. */
  readonly done: boolean;
  /** The start of the next page. */
  readonly next: HistoryCursor;
  /** How many events are left to read after this page, if `maxReplay` was given and the history can tell. */
  readonly left?: number;
}

/**
 * The past of the events of some types, which is read in pages. The event target that decides the order of events has it.
 */
export interface HistorySource<TEvent> {
  /** Whether the events of a type are kept. */
  declares(type: string): boolean;
  /** The position of the newest event, whether it is of the topic or not. */
  head(topic: Topic): Position | Promise<Position>;
  /**
   * Reads events of a topic of a declared type.
   *
   * @param topic The type, and the id or `undefined` for every id.
   * @param after Where to begin; a cursor for the page after another one.
   * @param bounds The bounds of the page.
   * @throws {TypeError} If the type is not declared.
   */
  read(
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): HistoryPage<TEvent> | Promise<HistoryPage<TEvent>>;
  /** Whether a position of the current history comes after another one. */
  isAfter(position: Position, other: Position): boolean;
  /**
   * Resolves when the event target has delivered all live events that were published before, those included that it missed and
   * delivers later.
   *
   * @default a flush of the event target
   */
  settle?(): Promise<void>;
}

/** A history in the memory of the process. `createMemoryHistory` of `@alkdev/pubsub/history` makes one. */
export interface MemoryHistory<TEvent> extends HistorySource<TEvent> {
  /** The position of the newest event, whether it is of the topic or not. */
  head(topic: Topic): Position;
  /**
   * Reads events of a topic of a declared type, as {@linkcode HistorySource.read} describes, at once.
   *
   * @throws {TypeError} If the type is not declared.
   */
  read(topic: Topic, after: HistoryFrom | HistoryCursor, bounds: HistoryPageBounds): HistoryPage<TEvent>;
  /**
   * Forgets the events of an id, or of every id of a type. Subscriptions from before get a gap.
   *
   * @throws {TypeError} If the type is not declared.
   */
  forget(type: string, id?: string): void;
  /** Reads the counters and gauges of the history, as a new object. */
  stats(): HistoryStats;
}

/** The counters and gauges of a history. */
export interface HistoryStats {
  /** Events that were published on declared types. */
  readonly appended: number;
  /** Events that were kept and then forgotten, for any reason. */
  readonly forgotten: number;
  /** Events that were read for subscriptions. */
  readonly replayed: number;
  /** Gauge: the events that are kept. */
  readonly events: number;
  /** Gauge: the bytes of these events, as `maxBytes` counts them. */
  readonly bytes: number;
  /** Gauge: the ids that are known. */
  readonly ids: number;
}
