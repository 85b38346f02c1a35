import type {
  EventTargetOptions,
  EventTargetStats,
  PubSubEventTarget,
  TypedEvent,
} from "../../core/types.ts";
import type { SessionOptions } from "../_session/options.ts";

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
}

/** Passed to `authorize`: may this spoke do this? */
export interface AuthorizeRequest<TSpoke extends SpokeEventTarget = SpokeEventTarget> {
  /** The spoke that asks. It may have ended meanwhile. */
  readonly spoke: TSpoke;
  /** The action that it asks for. */
  readonly action: "subscribe" | "publish";
  /** The event type; `undefined` for a subscription to `*`, which is every event of every type. */
  readonly type: string | undefined;
  /** The id; `undefined` for a subscription to a bare type, which is every id of it, or to `*`. */
  readonly id: string | undefined;
}

/** Decides what a spoke may do. Any answer but exactly `true` refuses, and so does an error. */
export type Authorize<TSpoke extends SpokeEventTarget = SpokeEventTarget> = (
  request: AuthorizeRequest<TSpoke>,
) => boolean | Promise<boolean>;

/** Options of a connection. */
export interface ConnectionOptions<TContext = unknown> {
  /** What the program knows of the peer, such as its user: the `context` of the spoke. */
  readonly context: TContext;
}

/** The options of `addConnection`. They can be left out if the context of a spoke can be `undefined`. */
export type ConnectionArguments<TContext> = undefined extends TContext
  ? [options?: Partial<ConnectionOptions<TContext>>]
  : [options: ConnectionOptions<TContext>];

/** Options of an event target with many peers. */
export interface HubOptions<TConnection, TSpoke extends SpokeEventTarget = SpokeEventTarget>
  extends EventTargetOptions, SessionOptions {
  /**
   * The bus behind the hub. Events that spokes or the hub's program publish go to the upstream. Events of the upstream go
   * to the subscribed spokes and to the hub's listeners. The hub has one listener on the upstream for each topic that is
   * wanted. Over an in-process upstream the spokes of this hub receive each other's events; over one on Redis, those of
   * every hub do. The hub never closes the upstream. When the upstream ends, the hub ends and closes its spokes (1013).
   *
   * @default none: spokes and the hub's program receive each other's events; spokes do not receive those of spokes
   */
  readonly upstream?: PubSubEventTarget;
  /**
   * Called before a spoke's subscription or event takes effect. A refused subscription ends at the spoke with a
   * `RefusedError`, and so do earlier requests for the topic. A refused event is reported (`publish`) and dropped; those
   * of one frame are reported together. While an answer is pending, everything that the
   * same spoke sends waits, up to `maxPending`.
   *
   * @default everything is allowed
   */
  readonly authorize?: Authorize<TSpoke>;
  /**
   * How long a slow spoke has to get its socket below `backpressureThreshold`, in milliseconds. A spoke that does is
   * kept.
   *
   * @default 0
   */
  readonly backpressureGraceMs?: number;
  /**
   * How many frames are accepted from one spoke in a second, whatever is in them. A frame counts once more for each 512
   * elements. If this is set, each event and request after the first of a frame counts too. A spoke that continues to send more is
   * dropped (4429).
   *
   * @default 100_000 frames; events are not counted
   */
  readonly maxEventsPerSecond?: number;
  /**
   * How many of them a spoke can send at once after a quiet time, whatever the rate.
   *
   * @default `maxEventsPerSecond`
   */
  readonly maxEventBurst?: number;
  /**
   * How many events, subscribe requests and flushes of one spoke can wait for `authorize` and the upstream. In bytes,
   * the bound is `maxBufferedBytes`. A spoke with more is dropped (4429).
   *
   * @default 1_000
   */
  readonly maxPending?: number;
  /**
   * How many bytes a spoke's socket can hold from one turn of the event loop to the next. If it still holds more when
   * the spoke is sent an event in a later turn, the spoke is slow and is dropped.
   *
   * @default 1_048_576
   */
  readonly backpressureThreshold?: number;
  /**
   * How many topics a spoke can be subscribed to. A spoke that asks for more is dropped (1008).
   *
   * @default 10_000
   */
  readonly maxTopicsPerConnection?: number;
  /**
   * How many connections there can be, including those that are still closing. A further connection is closed (1013).
   *
   * @default no limit
   */
  readonly maxConnections?: number;
  /** Called once for each connection, when it is open. */
  readonly onConnection?: (spoke: TSpoke, connection: TConnection) => void;
  /** Called once for each connection that `onConnection` was called for, after its spoke has ended. */
  readonly onDisconnection?: (spoke: TSpoke, connection: TConnection) => void;
  /** Called once for a spoke that reads too slowly, before it is dropped (1013). */
  readonly onBackpressure?: (spoke: TSpoke, connection: TConnection) => void;
}

/** The counters and gauges of a hub. Each spoke has its own as well. */
export interface HubStats extends EventTargetStats {
  /** The connections of the hub. */
  readonly connections: {
    /** Gauge: the spokes, including those whose connection is not open yet. */
    readonly current: number;
    /** Gauge: the connections that have ended and are still closing. */
    readonly closing: number;
  };
  /** The subscriptions of the spokes. */
  readonly subscribers: {
    /** Gauge: the topics that a spoke is subscribed to. */
    readonly topics: number;
  };
}

/** The side with many peers: an event goes to the spokes that are subscribed to it, and comes from any of them. */
export interface HubEventTarget<
  TConnection,
  TEvent extends TypedEvent = TypedEvent,
  TSpoke extends SpokeEventTarget<TEvent> = SpokeEventTarget<TEvent>,
> extends PubSubEventTarget<TEvent> {
  /**
   * Adds a connection as a spoke. The same connection twice gives the same spoke. A connection that has ended, or exceeds
   * `maxConnections`, gives a spoke that has ended.
   *
   * @param connection The connection, opening or open.
   * @param options The context of the spoke.
   * @returns The event target of this spoke alone.
   */
  addConnection(connection: TConnection, ...options: ConnectionArguments<TSpoke["context"]>): TSpoke;
  /**
   * Ends every subscription that could bring a spoke events of a topic, including those to its bare type and to `*`, and
   * those that are not answered yet. They end at the spoke with a `RefusedError`. The spoke can ask again, so `authorize`
   * should refuse by then.
   *
   * @param spoke The spoke; nothing happens if it has ended.
   * @param topic The topic, the bare type or `*`; without one, every subscription ends.
   * @throws {TypeError} If the topic cannot be subscribed to.
   */
  revoke(spoke: TSpoke, topic?: string): void;
  /**
   * Removes a connection, and leaves it open.
   *
   * @param connection The connection.
   * @returns Whether it was one of the hub's.
   */
  removeConnection(connection: TConnection): boolean;
  /** Reads the counters and gauges of the hub, as a new object. */
  stats(): HubStats;
  /** The number of spokes, including those whose connection is not open yet. */
  readonly connectionCount: number;
  /** The number of connections that have ended and are still closing. */
  readonly closingCount: number;
  /** The number of topics that have a subscribed spoke. */
  readonly topicCount: number;
}
