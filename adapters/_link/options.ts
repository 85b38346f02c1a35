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
