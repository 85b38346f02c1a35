/**
 * Why a spoke does not get an event:
 *
 * - `ended`: the spoke has left the hub.
 * - `closing`: the spoke is being closed.
 * - `slow`: the spoke reads too slowly, and is about to be dropped (1013).
 * - `connecting`: the connection is not open yet, so that the spoke could not subscribe.
 * - `pending`: the spoke has asked for a topic of the event, and has no answer yet.
 * - `refused`: the spoke has asked for a topic of the event, and was refused.
 * - `unsubscribed`: the spoke has asked for no topic of the event.
 * - `upstream-away`: the upstream has no connection.
 * - `upstream-pending`: the upstream has not acknowledged the topic.
 */
export type ExplanationCause =
  | "ended"
  | "closing"
  | "slow"
  | "connecting"
  | "pending"
  | "refused"
  | "unsubscribed"
  | "upstream-away"
  | "upstream-pending";

/** Why a spoke would or would not get an event that is published now. It is plain data. */
export interface Explanation {
  /** Whether the spoke would be sent the event. */
  readonly receives: boolean;
  /** The first reason why not. */
  readonly cause?: ExplanationCause;
  /** The topics by which the spoke is subscribed to the event: its topic, its type, or `*`. */
  readonly subscribed: readonly string[];
  /** Those that the spoke has asked for, and that are not answered yet. */
  readonly pending: readonly string[];
  /**
   * Those that the spoke was refused, or that were revoked, and that it was not granted since. The last 16 refusals of a spoke
   * are remembered.
   */
  readonly refused: readonly {
    readonly topic: string;
    /** The reason that the spoke was given. */
    readonly reason: string;
    /** The cause of the refusal, as in `subscribers.refused` of `stats()`. */
    readonly by: "invalid" | "authorize" | "error" | "upstream" | "revoked" | "unsubscribed";
  }[];
  /** Absent on a hub without an upstream. */
  readonly upstream?: {
    /** Whether the upstream, and all hubs behind it, are connected. */
    readonly up: boolean;
    /** Those of the subscribed topics that the upstream has acknowledged. */
    readonly acknowledged: readonly string[];
  };
  /** The events that wait for the spoke. */
  readonly waiting: number;
  /** The bytes that wait for the spoke, in the hub and in the socket. */
  readonly bufferedBytes: number;
  /** Whether the spoke gets events that it has published itself. Without an upstream, no spoke does. */
  readonly echo: boolean;
  /** When a gap was last reported to the spoke, by `Date.now()`. */
  readonly lastGapAt?: number;
}
