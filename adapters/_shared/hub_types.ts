import type { EventTargetOptions, PubSubEventTarget, TypedEvent } from "../../core/types.ts";
import type { PeerOptions } from "./peer_options.ts";
import type { SpokeEventTarget } from "./spoke.ts";
import type { Codec, Wire } from "./wire.ts";

/** Options of an event target with many peers. */
export interface HubOptions<TConnection, TSpoke extends SpokeEventTarget = SpokeEventTarget>
  extends EventTargetOptions, PeerOptions {
  /**
   * How many bytes a spoke's socket may hold from one turn of the event loop to the next. A spoke that still holds
   * more when it is sent an event in a later turn is slow, and is dropped.
   *
   * @default 1_048_576
   */
  readonly backpressureThreshold?: number;
  /**
   * How many topics a spoke may be subscribed to. One that asks for more is dropped (1008).
   *
   * @default 10_000
   */
  readonly maxTopicsPerConnection?: number;
  /**
   * How many connections there may be, those that are still closing included. One that comes then is closed (1013).
   *
   * @default no limit
   */
  readonly maxConnections?: number;
  /** Called once for each connection, when it is open. */
  readonly onConnection?: (spoke: TSpoke, connection: TConnection) => void;
  /** Called once for each connection that `onConnection` was called for, when the hub has let go of it. */
  readonly onDisconnection?: (spoke: TSpoke, connection: TConnection) => void;
  /** Called once for a spoke that reads too slowly, before it is dropped (1013). */
  readonly onBackpressure?: (spoke: TSpoke, connection: TConnection) => void;
}

/** The side with many peers. An event goes to the spokes that are subscribed to it, and comes from any of them. */
export interface HubEventTarget<
  TConnection,
  TEvent extends TypedEvent = TypedEvent,
  TSpoke extends SpokeEventTarget<TEvent> = SpokeEventTarget<TEvent>,
> extends PubSubEventTarget<TEvent> {
  /**
   * Takes a connection as a spoke. The same connection twice gives the same spoke; one that is over already, or too
   * many, gives a spoke that has ended.
   *
   * @param connection The connection, opening or open.
   * @returns The event target of this spoke alone.
   */
  addConnection(connection: TConnection): TSpoke;
  /**
   * Forgets a spoke, and leaves its connection as it is.
   *
   * @param connection The connection.
   * @returns Whether it was one of the hub's.
   */
  removeConnection(connection: TConnection): boolean;
  /** How many spokes there are, those included whose connection is not open yet. */
  readonly connectionCount: number;
  /** How many connections were given up and are still closing. */
  readonly closingCount: number;
  /** How many topics have a subscribed spoke. */
  readonly topicCount: number;
}

/** What a hub is made of, apart from its options. */
export interface HubParts<TConnection, TBody, TFrame> {
  /** What kind of target it is. */
  readonly tag: string;
  /** What kind of target its spokes are. */
  readonly spokeTag: string;
  /** How envelopes become frames. */
  readonly codec: Codec<TBody, TFrame>;
  /** Makes a wire of a connection. */
  readonly toWire: (connection: TConnection) => Wire<TFrame>;
  /** Whether a spoke gets all that is published until it is open and has said what it wants, not only what it wants. */
  readonly queuesUntilOpen?: boolean;
}
