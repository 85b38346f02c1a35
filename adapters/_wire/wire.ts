/** The reason why a wire ended, as far as its transport reports it. */
export interface WireEnd {
  /** The close code. */
  readonly code?: number | undefined;
  /** The close reason. */
  readonly reason?: string | undefined;
  /** The error that ended the wire, if one did. */
  readonly error?: unknown;
  /**
   * The stage of that error: `decode` if what arrived could not be decoded; `publish` if not everything that was sent
   * before `close()` has left. Without one, the connection failed.
   */
  readonly stage?: "decode" | "publish" | undefined;
}

/** The callbacks of a wire. `onEnd` is the last call, and comes once. */
export interface WireEvents {
  /** Frames can be sent from now on. */
  onOpen(): void;
  /**
   * Something arrived. It is checked here, so that a wire need not check it.
   *
   * @param data A frame, or anything else that the peer sent.
   */
  onFrame(data: unknown): void;
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
  /** Whether frames can be sent, now. */
  readonly state: "connecting" | "open" | "closed";
  /** The identity that the peer has proved, if the transport knows one. */
  readonly endpointId?: string;
  /** The bytes that were sent and have not left this process. Backpressure depends on this number. */
  readonly bufferedBytes: number;
  /**
   * Starts to report events; called once. A wire that is already open calls `onOpen` before this returns. A wire must
   * not call `onEnd` before this returns.
   *
   * @param events The callbacks.
   */
  start(events: WireEvents): void;
  /**
   * Sends a frame. If this throws, the frame is lost, and the wire is closed.
   *
   * @param frame The frame.
   */
  send(frame: TFrame): void;
  /**
   * Ends the wire after everything that was sent; `onEnd` follows. It must not throw, and can be called twice.
   *
   * @param code The close code, for transports that have one.
   * @param reason The close reason, for transports that have one.
   */
  close(code: number, reason: string): void;
  /** Reports no more events, and leaves the runtime's object open. */
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
