/** A number of a {@linkcode Snapshot}, by its path in `stats()`, such as `published.dropped.backpressure`. */
export type Counts = Readonly<Record<string, number>>;

/** A spoke, as the page shows it. */
export interface SpokeRow {
  /** Its number among all spokes that this hub has had. */
  readonly number: number;
  /** The subject of its token; empty without one. */
  readonly subject: string;
  /** The address that it connected from; empty if that is not known. */
  readonly address: string;
  /** How it is connected. */
  readonly kind: "WebSocket" | "stream";
  /** The time at which it connected, in milliseconds since 1970. */
  readonly since: number;
  readonly topics: number;
  /** The bytes that wait for it, in the hub and in its socket. */
  readonly waiting: number;
}

/** A topic that spokes are subscribed to: its name, their number, and the events of it since a page is open. */
export type TopicRow = readonly [topic: string, spokes: number, events: number];

/** A hub, beside others of the same Redis. */
export interface HubRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The time of its start, in milliseconds since 1970, by its own clock. */
  readonly startedAt: number;
  /** The time of these numbers, in milliseconds since 1970, by its own clock. */
  readonly at: number;
  /** Whether it accepts connections and its bus is there. */
  readonly isReady: boolean;
  readonly counts: Counts;
}

/** A hub, and how long ago it reported, in milliseconds. */
export interface SeenHub extends HubRow {
  readonly silentMs: number;
}

/** The numbers of the hub, once a second. */
export interface Snapshot {
  /** The hub that serves the page, among `hubs`. */
  readonly own: HubRow;
  readonly url: string;
  readonly bus: string;
  /** Whether the page can publish, revoke and close. */
  readonly mayWrite: boolean;
  /** The hubs of the same Redis, this one included; none if it is on its own. */
  readonly hubs: readonly SeenHub[];
}

/** The spokes and topics of the hub, once a second, and more rarely where there are thousands. */
export interface Rows {
  /** The time at which they were read, in milliseconds since 1970. */
  readonly at: number;
  /** The rows that the page asks for. */
  readonly look: Look;
  /** The spokes that it finds, those first for which most waits, and how many there are in all. */
  readonly spokes: readonly SpokeRow[];
  readonly spokeCount: number;
  /** The topics that it finds, and how many there are in all. */
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

/** The texts that the page looks for, in lower case; empty ones find everything. */
export interface Look {
  readonly topics: string;
  readonly spokes: string;
}

/** A change that the page asks for. */
export type Change =
  | { readonly action: "publish"; readonly topic: string; readonly payload: unknown }
  | { readonly action: "revoke"; readonly spoke: number; readonly topic: string }
  | { readonly action: "close"; readonly spoke: number; readonly isFinal: boolean };

/** The answer to a request of the page: a sentence. */
export interface Outcome {
  readonly of: "tap" | Change["action"];
  readonly isDone: boolean;
  readonly text: string;
}

/** The events between the hub of the page and the page. */
export interface LiveEvents {
  readonly snapshot: Snapshot;
  readonly rows: Rows;
  readonly tapped: Tapped;
  readonly outcome: Outcome;
  /** The topic to tap; `null` for none. */
  readonly tap: string | null;
  readonly look: Look;
  readonly change: Change;
}
