import type { EventEnvelope, EventTargetOptions } from "../../core/types.ts";
import type { SessionOptions } from "../_session/options.ts";

/** Options of an event target with one peer, a hub. */
export interface LinkOptions extends EventTargetOptions, SessionOptions {
  /**
   * How long a connection can take to open, in milliseconds: until the hub has accepted it and `onOpen` has resolved.
   * After that it has failed.
   *
   * @default no limit
   */
  readonly connectTimeoutMs?: number;
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
  readonly signal?: AbortSignal;
  /**
   * Whether a hub with an `upstream` sends events that were published here back to subscriptions here. A hub without an
   * upstream never does.
   *
   * @default true
   */
  readonly echo?: boolean;
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
   * @default 20_000
   */
  readonly maxReconnectDelayMs?: number;
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
   * How long a connection can take to open, in milliseconds: until the hub has accepted it and `onOpen` has resolved.
   * After that it has failed.
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
