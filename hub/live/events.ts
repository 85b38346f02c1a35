/** A number of a {@linkcode Snapshot}, by its path, such as `published.dropped.backpressure`. */
export type Counts = Readonly<Record<string, number>>;

/** A spoke, as the page shows it. */
export interface SpokeRow {
  /** The subject of its token; empty without one. */
  readonly subject: string;
  /** How it is connected. */
  readonly kind: "WebSocket" | "stream";
  /** When it connected, in milliseconds since 1970. */
  readonly since: number;
  readonly topics: number;
  /** The bytes that wait for it in its socket. */
  readonly waiting: number;
}

/** A topic that spokes are subscribed to: its name, their number, and the events of it so far, if they are counted. */
export type TopicRow = readonly [topic: string, spokes: number, events: number | null];

/** The state of the hub, once a second. */
export interface Snapshot {
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number;
  /** When the hub was started, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly version: string;
  readonly url: string;
  readonly bus: string;
  /** Whether the hub accepts connections and its bus is there. */
  readonly isReady: boolean;
  /** The numbers of `stats()`, and those that the program counts itself. */
  readonly counts: Counts;
  /** The spokes for which most waits, and how many there are in all. */
  readonly spokes: readonly SpokeRow[];
  readonly spokeCount: number;
  readonly topics: readonly TopicRow[];
  readonly topicCount: number;
}

/** An event of the topic that the page taps. */
export interface Tapped {
  readonly topic: string;
  readonly at: number;
  readonly type: string;
  readonly id: string;
  /** The payload as JSON, shortened. */
  readonly payload: string;
  /** How many events were left out before this one. */
  readonly skipped: number;
}

/** The events between the hub of the page and the page. */
export interface LiveEvents {
  readonly snapshot: Snapshot;
  readonly tapped: Tapped;
  /** The topic to tap; `null` for none. */
  readonly tap: string | null;
}
