import type {
  EventEnvelope,
  EventTargetOptions,
  EventTargetStats,
  PubSubEventTarget,
  TypedEvent,
} from "../../core/types.ts";
import type { Resume } from "./link_past.ts";
import type { SessionOptions } from "../_session/options.ts";

export type { Resume } from "./link_past.ts";

/** Options of {@linkcode LinkEventTarget.close}. */
export interface LinkCloseOptions {
  /**
   * Whether the events that wait are dropped. The connection is then closed at once, and an attempt to connect is given
   * up. Otherwise `close()` sends them first, and waits up to a second and a half for a connection that is opening.
   *
   * @default false
   */
  readonly discard?: boolean;
}

/** The counters and gauges of an event target with one peer. */
export interface LinkStats extends EventTargetStats {
  /** Counters of the connections, one after the other. */
  readonly connections: {
    /** The connections that were up: the hub had answered the hello. */
    readonly opened: number;
    /** The attempts to connect that failed. */
    readonly failed: number;
    /** The connections that were up and have ended, by close code; `none` without a code. */
    readonly ended: Readonly<Record<string, number>>;
  };
  /** Counters of the replays that have ended, with `resume`. */
  readonly replays?: ReplayStats;
}

/** Counters of replays that have ended. */
export interface ReplayStats {
  /** The replays that brought everything that was asked for. */
  readonly whole: number;
  /** The replays before or in which events were missing. */
  readonly lost: number;
}

/** An event target with one peer, a hub. */
export interface LinkEventTarget<TEvent extends TypedEvent = TypedEvent> extends PubSubEventTarget<TEvent> {
  /**
   * Makes sure of the connection now, for example because the network is back. If the event target waits for its next
   * attempt, it makes the attempt at once. If it is connecting or connected, it gives the connection up unless something
   * arrives within 5 s, and makes the next attempt at once. The delays start again from the shortest.
   *
   * In a browser, an event target that reconnects does so by itself when the network is back (`online`), and when its
   * page becomes visible, is restored or is no longer frozen (`visibilitychange`, `pageshow`, `resume`).
   */
  reconnect(): void;
  /** Reads the counters and gauges of the target, as a new object. */
  stats(): LinkStats;
  /**
   * Sends queued events and ends the target, within two seconds in any state. Further calls return the same promise; a
   * further call with `discard` stops the sending.
   *
   * @param options Whether to send what waits.
   */
  close(options?: LinkCloseOptions): Promise<void>;
}

/** Options of an event target with one peer, a hub. */
export interface LinkOptions extends EventTargetOptions, SessionOptions {
  /**
   * How long a connection can take, in milliseconds, until it is open: the hub has accepted it and has answered the hello,
   * and `onOpen` has resolved. After that it has failed, which is reported (`connect`), and is closed.
   *
   * @default no limit
   */
  readonly connectTimeoutMs?: number;
  /**
   * Returns what proves to the hub who this is, such as a token. It is called for each connection, and the hub gets the
   * value before anything else. If it throws or rejects, the connection has failed and is closed. The value must be one
   * that an event's payload can be.
   */
  readonly credentials?: () => unknown;
  /**
   * Prepares each connection, for example by authenticating to the hub. It is called after all subscriptions were sent to
   * the hub. Published events wait until its promise resolves. If it throws or rejects, the connection has failed and is
   * closed.
   *
   * `send` sends an envelope on this connection, ahead of everything that waits. The envelope must not be larger than the
   * hub accepts, nor than 65,536 bytes before the hub's hello; otherwise it is dropped and reported (`encode`).
   */
  readonly onOpen?: (send: (envelope: EventEnvelope) => void) => Promise<void> | void;
  /** Closes the event target when it aborts, as `close()` does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether a hub with an `upstream` sends events that were published here back to subscriptions here. A hub without an
   * upstream never does.
   *
   * @default true
   */
  readonly echo?: boolean;
  /**
   * Lets subscriptions begin in the past and continue after a loss, if the hub has a
   * [history](https://github.com/alkdev/pubsub/blob/main/docs/history.md): `createResume()` of `@alkdev/pubsub/history`.
   *
   * @default subscriptions are live only, and each loss of the connection is a gap
   */
  readonly resume?: Resume;
}

/** Options of a link that opens its connections itself. */
export interface ReconnectOptions {
  /**
   * The longest delay of the first attempt after a loss, in milliseconds. It doubles with each further attempt, until a
   * connection has stayed up for five seconds. The delay is random, from 0 to that, so that a thousand spokes do not
   * return in the same moment.
   *
   * @default 500
   */
  readonly reconnectDelayMs?: number;
  /**
   * The longest delay of any attempt, in milliseconds.
   *
   * @default 20_000, or `reconnectDelayMs` if that is longer
   */
  readonly maxReconnectDelayMs?: number;
  /**
   * Decides after each end of a connection, and after each attempt that failed, whether there is another attempt. Without
   * one the event target ends, and its subscriptions with a `ConnectionLostError`.
   *
   * @default every end leads to another attempt, except the close codes 1002, 1003, 1007, 1008, 1010, and 4400 to 4499
   * other than 4408 and 4429; also where it returns `undefined` or throws
   */
  readonly shouldReconnect?: (end: ConnectionEnd) => boolean | undefined;
}

/** The end of a connection. */
export interface ConnectionEnd {
  /** The close code, if there is one. 4408 means that no sign of life arrived. */
  readonly code?: number | undefined;
  /** The close reason, for people. */
  readonly reason?: string | undefined;
  /** The error that ended the connection, or made the attempt fail. */
  readonly error?: unknown;
}

/** The argument of a function that opens a connection. */
export interface OpenConnectionContext {
  /** Aborts when the connection is not needed any more. A connection that is opened all the same is closed. */
  readonly signal: AbortSignal;
}

/** Opens a connection. It is called for each attempt; the attempt fails if it throws or rejects. */
export type OpenConnection<TConnection> = (
  context: OpenConnectionContext,
) => TConnection | PromiseLike<TConnection>;

/** Options of a link that can open its connections itself. {@linkcode ReconnectOptions} need a function that does. */
export interface ConnectOptions extends LinkOptions, ReconnectOptions {
  /**
   * How long a connection can take, in milliseconds, until it is open: the hub has accepted it and has answered the hello,
   * and `onOpen` has resolved. After that it has failed, which is reported (`connect`), and is closed.
   *
   * @default 20_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long nothing can arrive before the hub is asked for a sign of life, in milliseconds. If nothing arrives for as long
   * again after the question has left the socket, the connection is dropped (4408). Proxies cut idle connections, most of
   * them after 60 seconds.
   *
   * @default 25_000 with a function, no heartbeat with a connection
   */
  readonly heartbeatMs?: number;
}
