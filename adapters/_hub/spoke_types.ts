import type { PubSubEventTarget, TypedEvent } from "../../core/types.ts";
import type { SpokeStats } from "./stats_types.ts";

/**
 * One peer of a hub. Events that are published here go to this spoke alone, whatever it is subscribed to. Listeners here
 * receive the events of this spoke alone.
 */
export interface SpokeEventTarget<TEvent extends TypedEvent = TypedEvent, TContext = unknown>
  extends PubSubEventTarget<TEvent> {
  /** The topics that the spoke is subscribed to. */
  readonly topics: ReadonlySet<string>;
  /** The context that `addConnection` was given for the spoke, such as its user; `undefined` without one. */
  readonly context: TContext;
  /** Reads the counters and gauges of the spoke, as a new object. */
  stats(): SpokeStats;
  /**
   * Sends queued events and closes the connection, within two seconds in any state. Further calls return the same promise
   * and change nothing.
   *
   * @param options The close code and the reason.
   * @throws {RangeError} If the code or the reason is out of range.
   */
  close(options?: SpokeCloseOptions): Promise<void>;
}

/** Options of a connection. */
export interface ConnectionOptions<TContext = unknown> {
  /** The knowledge of the program about the peer, such as its user: the `context` of the spoke. */
  readonly context: TContext;
}

/** The options of `addConnection`. They can be left out if the context of a spoke can be `undefined`. */
export type ConnectionArguments<TContext> = undefined extends TContext
  ? [options?: Partial<ConnectionOptions<TContext>>]
  : [options: ConnectionOptions<TContext>];

/** Some spokes of a hub: one of them, or those for which a function returns `true`. */
export type SpokeSelection<TSpoke extends SpokeEventTarget = SpokeEventTarget> =
  | TSpoke
  | ((spoke: TSpoke) => boolean);

/** The close code and the reason that a spoke gets. */
export interface SpokeCloseOptions {
  /**
   * The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999. A link that reconnects ends after 1002, 1003, 1007 to 1010,
   * and 4400 to 4499 except 4408 and 4429, and comes back after any other.
   *
   * @default 1000
   */
  readonly code?: number;
  /**
   * The close reason, of at most 123 bytes.
   *
   * @default ""
   */
  readonly reason?: string;
}
