import type { EventTargetOptions, PubSubEventTarget, TypedEvent } from "../../core/types.ts";
import type { SessionOptions } from "../_session/options.ts";
import type { Transport } from "../_wire/codec.ts";

/**
 * One peer of a hub: what is published here goes to that spoke alone, whatever it subscribed to, and what is listened
 * to here comes from that spoke alone.
 */
export interface SpokeEventTarget<TEvent extends TypedEvent = TypedEvent, TContext = unknown>
  extends PubSubEventTarget<TEvent> {
  /** The topics that the spoke is subscribed to. */
  readonly topics: ReadonlySet<string>;
  /** What `addConnection` was given for it, such as who it is; `undefined` if nothing was. */
  readonly context: TContext;
}

/** What a hub's program is asked: may this spoke do that? */
export interface AuthorizeRequest<TSpoke extends SpokeEventTarget = SpokeEventTarget> {
  /** Who wants to; it may have ended meanwhile. */
  readonly spoke: TSpoke;
  /** What it wants to do. */
  readonly action: "subscribe" | "publish";
  /** The event type; `undefined` where it wants to subscribe to `*`, which is every event of every type. */
  readonly type: string | undefined;
  /** The id; `undefined` where it wants to subscribe to a bare type, which is every id of it, or to `*`. */
  readonly id: string | undefined;
}

/** Decides what a spoke may do. Anything but exactly `true` refuses, what it throws or rejects with included. */
export type Authorize<TSpoke extends SpokeEventTarget = SpokeEventTarget> = (
  request: AuthorizeRequest<TSpoke>,
) => boolean | Promise<boolean>;

/** Options of a connection. */
export interface ConnectionOptions<TContext = unknown> {
  /** What the program knows of the peer, such as who it is: it is the spoke's `context`. */
  readonly context: TContext;
}

/** The options of `addConnection`, which can be left out where a spoke's context may be `undefined`. */
export type ConnectionArguments<TContext> = undefined extends TContext
  ? [options?: Partial<ConnectionOptions<TContext>>]
  : [options: ConnectionOptions<TContext>];

/** Options of an event target with many peers. */
export interface HubOptions<TConnection, TSpoke extends SpokeEventTarget = SpokeEventTarget>
  extends EventTargetOptions, SessionOptions {
  /**
   * The bus of the hub: what spokes and the hub's program publish goes there, and what comes from there goes to the
   * spokes that are subscribed and to the hub's listeners. The hub holds one listener on it for each topic that anybody
   * wants. With an in-process one the spokes of this hub hear each other; with one over Redis, those of every hub do.
   * It is never closed from here. When it ends, so does the hub, and its spokes are closed (1013).
   *
   * @default none: spokes and the hub's program hear each other, and spokes do not hear spokes
   */
  readonly upstream?: PubSubEventTarget;
  /**
   * Asked before a spoke's subscription or event has effect. A refused subscription ends at the spoke with a
   * `RefusedError`; a refused event is reported (`publish`) and dropped. While an answer is pending, what the same spoke
   * sends waits, up to `maxPending`.
   *
   * @default everything is allowed
   */
  readonly authorize?: Authorize<TSpoke>;
  /**
   * How long a spoke that was found slow has to get its socket below `backpressureThreshold`, in milliseconds. One that
   * does in time is kept.
   *
   * @default 0
   */
  readonly backpressureGraceMs?: number;
  /**
   * How many events, controls and malformed frames of one spoke are taken in a second. One that goes on sending more is
   * dropped (4429).
   *
   * @default no limit
   */
  readonly maxEventsPerSecond?: number;
  /**
   * How many of them a spoke that was quiet may send at once, whatever the rate.
   *
   * @default `maxEventsPerSecond`
   */
  readonly maxEventBurst?: number;
  /**
   * How many events, questions and flushes of one spoke may wait for `authorize` and the upstream; in bytes,
   * `maxBufferedBytes`. A spoke with more is dropped (4429).
   *
   * @default 1_000
   */
  readonly maxPending?: number;
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
   * @param options What the program knows of the peer.
   * @returns The event target of this spoke alone.
   */
  addConnection(connection: TConnection, ...options: ConnectionArguments<TSpoke["context"]>): TSpoke;
  /**
   * Ends every subscription that could bring a spoke events of a topic, the bare one and `*` included, and those that
   * are not answered yet. They end at the spoke with a `RefusedError`. The spoke may ask again, so `authorize` should
   * know better by then.
   *
   * @param spoke The spoke; nothing happens if it has ended.
   * @param topic The topic, the bare type or `*`; without one, every subscription ends.
   * @throws {TypeError} If nobody can subscribe to that topic.
   */
  revoke(spoke: TSpoke, topic?: string): void;
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

/** The parts of a hub, apart from its options. */
export interface HubParts<TConnection> extends Transport<TConnection> {
  /** The tag of the hub. */
  readonly tag: string;
  /** The tag of its spokes. */
  readonly spokeTag: string;
  /**
   * Whether a peer belongs to this hub alone, as a worker does. Such a spoke is sent every event until it is open, and
   * its subscriptions are known. It never turns to another hub, so that a stall of this process means nothing.
   */
  readonly exclusive?: boolean;
}
