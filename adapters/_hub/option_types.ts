import type { DefinedEvents, UnknownTypes } from "../../core/defined_events.ts";
import type { MemoryHistory } from "../../core/history_source.ts";
import type { EventEnvelope, EventTargetOptions, PubSubEventTarget } from "../../core/types.ts";
import type { SessionOptions } from "../_session/options.ts";
import type { Authenticate, Authorize, AuthorizeEvent } from "./right_types.ts";
import type { SpokeEventTarget } from "./spoke_types.ts";

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
   * Keeps what the hub's program publishes on the hub, for subscriptions of spokes that begin in the past:
   * `createMemoryHistory` of `@alkdev/pubsub/history`. Neither events of spokes are kept, nor those that are published on a
   * spoke alone. It serves one event target. A hub with an `upstream` uses the history of the upstream, if that has one.
   *
   * @default none
   */
  readonly history?: MemoryHistory<EventEnvelope>;
  /**
   * How many events of the past one subscribe request can get, all its topics together. With more, it gets a gap: after a
   * position no event of the past, and otherwise the last of them.
   *
   * @default 10_000
   */
  readonly maxReplay?: number;
  /**
   * How many times one link can replay events of the past in a minute. All requests of a connection for topics that it has
   * not subscribed to yet count once, up to `maxReplay` events together; each request for topics that it has, once more.
   * Beyond that they get a gap, and live events only.
   *
   * @default 60
   */
  readonly maxReplaysPerMinute?: number;
  /**
   * Called before a spoke's subscription or event takes effect. A refused subscription ends at the spoke with a
   * `RefusedError`, and so do earlier requests for the topic. A refused event is reported (`publish`) and dropped; those
   * of one frame are reported together. While an answer is pending, everything that the same spoke sends waits, up to
   * `maxPending`.
   *
   * @default everything is allowed
   */
  readonly authorize?: Authorize<TSpoke>;
  /**
   * The events that spokes can publish: what `defineEvents` of `@alkdev/pubsub/schemas` returned. An event that `authorize`
   * allows and its schema does not is dropped, and reported (`decode`) with an `InvalidPayloadError`. What is relayed is the
   * payload as it was received. While an asynchronous schema is pending, everything that the same spoke sends waits, up to
   * `maxPending`.
   *
   * With `events` or `authorizeEvent`, links learn which events were refused, and report a `RejectedError`
   * (`publish`). At most ten messages a second say so; the number of further events is in them.
   *
   * @default nothing is checked
   */
  readonly events?: DefinedEvents;
  /**
   * With `events`: whether events of other types are refused, or passed on unchecked.
   *
   * @default "reject"
   */
  readonly unknownTypes?: UnknownTypes;
  /**
   * Called with each event that `authorize` and its schema allow, before it takes effect. A refused event is dropped and
   * reported (`publish`), as by `authorize`.
   *
   * @default every event is allowed
   */
  readonly authorizeEvent?: AuthorizeEvent<TSpoke>;
  /**
   * Returns the context of a spoke, such as its user, from the `credentials` of its first hello. Until then nothing that
   * the spoke sends is handled, nothing is sent to the spoke, and `onConnection` is not called. What the spoke sends
   * meanwhile waits, up to `maxPending` frames and `maxBufferedBytes`. `undefined`, `null` and `false` refuse, and so does
   * an error: the spoke is closed (4401), which links do not retry, and that is reported (`connect`). `openTimeoutMs`
   * bounds the time until then.
   *
   * @default every connection is accepted, with the context of `addConnection`
   */
  readonly authenticate?: Authenticate<TSpoke>;
  /**
   * Names the owner of a spoke, such as the id of its user. A hub recognizes a link over its connections among the spokes
   * of one owner: a newer connection ends the older one (4409). So nobody can end the connection of another owner.
   *
   * @default the endpoint id over Iroh; otherwise all spokes have the same owner
   */
  readonly owner?: (spoke: TSpoke) => unknown;
  /**
   * How long more than `backpressureThreshold` can wait for a spoke while less than 64 KiB leave, in milliseconds. It is
   * longer in proportion where a socket holds more than 64 KiB, since some report that all at once. So a burst is no fault,
   * nor is a slow line that moves, and a spoke that hardly reads is dropped after four of these times, or
   * one for each 64 KiB of a larger frame in its socket.
   *
   * @default 1_000
   */
  readonly backpressureGraceMs?: number;
  /**
   * How many frames are accepted from one spoke in a second, whatever is in them. A frame counts once more for each 512
   * elements. If this is set, each event and request after the first of a frame counts too. A frame of no use, such as a
   * malformed one, counts as a thousandth of this number, at least as one, and as much again for each 2,048 characters. A
   * request for `maxTopicsPerConnection` topics counts as half of `maxEventBurst`, and one for fewer in proportion; 10,000
   * are always granted. A spoke that continues to send more is dropped (4429).
   *
   * @default 100_000 frames; events are not counted
   */
  readonly maxEventsPerSecond?: number;
  /**
   * How many frames a spoke can send at once after a quiet time, counted as for `maxEventsPerSecond`.
   *
   * @default `maxEventsPerSecond`
   */
  readonly maxEventBurst?: number;
  /**
   * How many events, subscribe requests and flushes of one spoke can wait for `authorize` and the upstream. Their memory
   * is bounded by `maxBufferedBytes`. A spoke with more is dropped (4429).
   *
   * @default 1_000
   */
  readonly maxPending?: number;
  /**
   * How many bytes can wait for a spoke, in its socket and in the hub, for longer than `backpressureGraceMs`. A spoke for
   * which more waits, and hardly any leaves, is slow and is dropped (1013). What a socket held when the hub was given it
   * has waited long enough: if that is more, the spoke is slow at its first event.
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
   * How many connections there can be. A further one is closed (1013). A connection that has ended counts until it is
   * released, or for 30 seconds if nothing was queued in its socket when it was closed.
   *
   * @default no limit
   */
  readonly maxConnections?: number;
  /**
   * How many connections can be closing, including those that were turned away, before `accepts()` is false.
   *
   * @default `maxConnections`, and at least 100
   */
  readonly maxClosing?: number;
  /**
   * How long a connection can take to open, in milliseconds. After that it is closed, forgotten and reported (`connect`).
   *
   * @default 20_000
   */
  readonly openTimeoutMs?: number;
  /**
   * Whether to drop (4408) a peer that has sent neither a hello nor a subscription within `openTimeoutMs`. Bare clients
   * that only publish are such peers.
   *
   * @default false
   */
  readonly dropsSilentPeers?: boolean;
  /** Called once for each connection, when it is open. An error that it throws is printed. */
  readonly onConnection?: (spoke: TSpoke, connection: TConnection) => void;
  /**
   * Called once for each connection that `onConnection` was called for, after its spoke has ended. An error that it throws is
   * printed.
   */
  readonly onDisconnection?: (spoke: TSpoke, connection: TConnection) => void;
  /** Called once for a spoke that reads too slowly, before it is dropped (1013). An error that it throws is printed. */
  readonly onBackpressure?: (spoke: TSpoke, connection: TConnection) => void;
}

/** Options of a hub, with an `authenticate` from whose answer the type of the context is inferred. */
export type Authenticated<TOptions, TContext = unknown, TSpoke extends SpokeEventTarget = SpokeEventTarget> =
  & Omit<TOptions, "authenticate">
  & {
    /** As in {@linkcode HubOptions}. The context of the spoke is not known yet. */
    authenticate(
      spoke: TSpoke,
      credentials: unknown,
    ): TContext | undefined | null | false | Promise<TContext | undefined | null | false>;
  };
