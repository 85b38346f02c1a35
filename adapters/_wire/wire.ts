import type { ErrorContext } from "../../core/types.ts";

/** The reason why a wire ended, as far as its transport reports it. */
export interface WireEnd {
  /**
   * The close code, with the meanings of WebSocket. A link does not connect again after 1002, 1003, 1007, 1008, 1010, and 4400
   * to 4499 except 4408 and 4429.
   */
  readonly code?: number | undefined;
  /** The close reason, for people. */
  readonly reason?: string | undefined;
  /** The error that ended the wire, if one did. It is reported to `onError`. */
  readonly error?: unknown;
  /**
   * The stage of that error: `decode` if what arrived could not be decoded; `publish` if not everything that was sent
   * before `close()` has left. Without one, the connection failed.
   */
  readonly stage?: "decode" | "publish" | undefined;
  /**
   * Whether what was sent may stay in memory, since the peer has ended its half of the connection alone. `onEnd` follows
   * once more if that is over, as far as the transport reports it.
   *
   * @default false
   */
  readonly keepsUnsent?: boolean;
}

/** The end of a session. */
export interface SessionEnd extends WireEnd {
  /** The attempt that failed, if the connection never opened. */
  readonly failed?: Pick<ErrorContext, "peer" | "attempt">;
}

/**
 * The callbacks of a wire: first `onOpen`, once; then `onFrame` for each frame, in order; last `onEnd`, once. A wire that
 * fails before it opens calls `onEnd` alone. Callbacks can call `send`, `close` and `detach` before they return.
 */
export interface WireEvents {
  /** Frames can be sent from now on. */
  onOpen(): void;
  /**
   * A whole frame arrived. The codec and the session check it, so that a wire passes on anything that its peer sent. A
   * wire that puts frames together must limit the size of an unfinished one.
   *
   * @param data What the peer sent.
   */
  onFrame(data: unknown): void;
  /** Something else arrived that shows that the peer is alive. */
  onSignOfLife(): void;
  /**
   * The wire has ended, whichever side ended it.
   *
   * @param end The reason.
   */
  onEnd(end: WireEnd): void;
}

/**
 * A duplex pipe to one peer: all that an adapter makes of its runtime's object.
 *
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 */
export interface Wire<TFrame = unknown> {
  /** Whether frames can be sent now: not before the connection is open, and not after `close()` or a loss. */
  readonly state: "connecting" | "open" | "closed";
  /** The identity that the peer has proved, if the transport knows one. */
  readonly endpointId?: string;
  /** The address that it connects to, for reports of a failure: nothing secret, such as the token of a URL. */
  readonly peer?: string | undefined;
  /** The number of the attempt, for reports of a failure. */
  readonly attempt?: number;
  /**
   * The bytes that were sent and have not left this process. Backpressure depends on this number: a wire that always
   * reports 0 has none. It is not read for each frame: a frame must not add more than its own bytes and sixteen for framing.
   */
  readonly bufferedBytes: number;
  /**
   * Whether the wire can end with `keepsUnsent`, so that what it holds must be known before.
   *
   * @default false
   */
  readonly hidesUnsent?: boolean;
  /**
   * Starts to call the callbacks; called once. If the wire is open already, it calls `onOpen` before this returns. It must
   * not call `onEnd` before this returns, even if the connection has ended already. It must not throw.
   *
   * @param events The callbacks.
   */
  start(events: WireEvents): void;
  /**
   * Sends a frame, after all frames that were sent before. It is called only after `onOpen`. If this throws, the frame is
   * lost, and the wire is closed. After `close()` or a loss it should drop the frame without throwing.
   *
   * @param frame The frame.
   */
  send(frame: TFrame): void;
  /**
   * Ends the wire after everything that was sent; `onEnd` follows, but not before this returns. It must not throw. It can
   * be called in any state, and more than once. A wire must not wait longer than a second and a half for its peer.
   *
   * @param code The close code, for transports that have one.
   * @param reason The close reason, for transports that have one.
   * @param isStuck Whether the wire holds something that its peer does not take.
   */
  close(code: number, reason: string, isStuck?: boolean): void;
  /**
   * Asks the peer for a sign of life in a way of the transport that needs no answer of the peer's program; `onSignOfLife`
   * follows. A wire whose transport has none leaves it out: a peer that never says hello is not asked there.
   */
  ping?(): void;
  /**
   * Reads nothing more until other connections have had their turn, and calls back then. A hub calls it while it hands on a
   * frame whose events fill too many sockets. A wire whose reading cannot be stopped leaves it out: it has no turns.
   *
   * @param callback Called once, in a later turn of the event loop, also if the wire has ended by then.
   */
  yieldTurn?(callback: () => void): void;
  /** Calls the callbacks no more, and leaves the runtime's object open: it belongs to the program again. */
  detach(): void;
  /**
   * The wire that replaces this one after its end, if there is another. A link calls it once. Wires over one connection
   * leave it out.
   *
   * @param end The reason why this wire ended.
   * @param upMs How long this wire was usable, in milliseconds.
   * @returns The next wire, or `undefined` if this end is final.
   */
  next?(end: WireEnd, upMs: number): NextWire<TFrame> | undefined;
}

/** A wire that replaces one that has ended. */
export interface NextWire<TFrame = unknown> {
  /** The wire, not started yet. */
  readonly wire: Wire<TFrame>;
  /** How long to wait before it is started, in milliseconds. */
  readonly delayMs: number;
  /** The attempt's number since the last connection that stayed up, starting at 1. */
  readonly attempt: number;
}
