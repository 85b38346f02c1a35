import type { PubSubEventTarget, TypedEvent } from "../../core/types.ts";
import type { Explanation } from "./explanation.ts";
import type { HubStats } from "./stats_types.ts";
import type {
  ConnectionArguments,
  SpokeCloseOptions,
  SpokeEventTarget,
  SpokeSelection,
} from "./spoke_types.ts";

export type * from "./explanation.ts";
export type * from "./option_types.ts";
export type * from "./right_types.ts";
export type * from "./spoke_types.ts";
export type * from "./stats_types.ts";

/** The side with many peers: an event goes to the spokes that are subscribed to it, and comes from any of them. */
export interface HubEventTarget<
  TConnection,
  TEvent extends TypedEvent = TypedEvent,
  TSpoke extends SpokeEventTarget<TEvent> = SpokeEventTarget<TEvent>,
  TGiven = TSpoke["context"],
> extends PubSubEventTarget<TEvent> {
  /**
   * Whether a further connection would become a spoke now. Ask before you upgrade a request, and answer with the status
   * 503 if not: a connection that is turned away costs memory until its peer has closed it, too.
   */
  accepts(): boolean;
  /**
   * Adds a connection as a spoke. The same connection twice gives the same spoke. A connection that has ended, or exceeds
   * `maxConnections`, gives a spoke that has ended.
   *
   * @param connection The connection, opening or open.
   * @param options The context of the spoke.
   * @returns The event target of this spoke alone.
   * @throws {TypeError} If `connection` is not one that the transport of this hub can use.
   */
  addConnection(connection: TConnection, ...options: ConnectionArguments<TGiven>): TSpoke;
  /**
   * Ends every subscription that could bring spokes events of a topic, including those to its bare type and to `*`, and
   * those that are not answered yet. They end at the spoke with a `RefusedError`. The spoke can ask again, so `authorize`
   * should refuse by then.
   *
   * @param spokes A spoke, or a function that selects spokes. Nothing happens to one that has ended.
   * @param topic The topic, the bare type or `*`; without one, every subscription ends.
   * @throws {TypeError} If the topic cannot be subscribed to.
   */
  revoke(spokes: SpokeSelection<TSpoke>, topic?: string): void;
  /** Sends queued events and ends the hub with all its spokes, within two seconds in any state. */
  close(): Promise<void>;
  /**
   * Closes some spokes, after what is queued for them. The hub and the other spokes continue.
   *
   * @param spokes A spoke, or a function that selects spokes.
   * @param options The close code and the reason.
   * @returns A promise that resolves when they have closed, within two seconds.
   * @throws {TypeError} If `spokes` is neither a spoke nor a function.
   * @throws {RangeError} If the code or the reason is out of range.
   */
  close(spokes: SpokeSelection<TSpoke>, options?: SpokeCloseOptions): Promise<void>;
  /**
   * Removes a connection, and leaves it open.
   *
   * @param connection The connection.
   * @returns Whether it was one of the hub's.
   */
  removeConnection(connection: TConnection): boolean;
  /**
   * Says why a spoke would or would not get an event that is published now.
   *
   * @param spoke A spoke of this hub, which may have ended.
   * @param type The event type.
   * @param id The id of the event's subject.
   * @returns The subscriptions of the spoke to the event, what refuses or delays it, and how much waits.
   * @throws {TypeError} If the type or the id is invalid, or `spoke` is not a spoke.
   */
  explain(spoke: TSpoke, type: string, id: string): Explanation;
  /** Reads the counters and gauges of the hub, as a new object. */
  stats(): HubStats;
  /** The spokes at this moment, including those whose connection is not open yet, as a new array. */
  readonly spokes: readonly TSpoke[];
  /** The number of spokes, including those whose connection is not open yet. */
  readonly connectionCount: number;
  /** The number of connections that have ended and are still closing. */
  readonly closingCount: number;
  /** The number of topics that have a subscribed spoke. */
  readonly topicCount: number;
}
