/** Why a wire ended, as far as its transport tells. */
export interface WireEnd {
  /** The close code. */
  readonly code?: number | undefined;
  /** The close reason. */
  readonly reason?: string | undefined;
  /** What went wrong, if something did. */
  readonly error?: unknown;
  /**
   * Where it went wrong: what arrived could not be decoded; or, told after a close by this end too, what was handed over
   * has not all left. Else it is the connection.
   */
  readonly stage?: "decode" | "publish" | undefined;
}

/** What a wire tells its one user. Nothing is told after `onEnd`, and that only once. */
export interface WireEvents {
  /** Frames can be sent from now on. */
  onOpen(): void;
  /** Something arrived; it may be anything. */
  onFrame(data: unknown): void;
  /** The wire has ended, in whatever way. */
  onEnd(end: WireEnd): void;
}

/**
 * A duplex pipe to one peer. It is all that an adapter makes of its runtime's object.
 *
 * @typeParam TFrame What crosses at once.
 */
export interface Wire<TFrame> {
  /** Whether frames can be sent. */
  readonly state: "connecting" | "open" | "closed";
  /** Who the far end has proved to be, where the transport knows. */
  readonly endpointId?: string;
  /** How many bytes were handed over and have not left yet. */
  readonly bufferedBytes: number;
  /** Starts to tell what happens. Called once. A wire that is open already says so before this returns. */
  start(events: WireEvents): void;
  /** Hands a frame over. Whatever this throws means that the wire is lost, and the frame with it. */
  send(frame: TFrame): void;
  /** Ends the wire after what was handed over; `onEnd` follows. Must not throw. */
  close(code: number, reason: string): void;
  /** Stops telling anything, and leaves the runtime's object as it is. */
  detach(): void;
  /**
   * Where another connection can be opened: the wire over it. Asked for once, by a link, when this one has ended.
   *
   * @param end Why it ended.
   * @param upMs For how long it could be used, in milliseconds.
   * @returns The wire, or `undefined` if this end is for good.
   */
  next?(end: WireEnd, upMs: number): NextWire<TFrame> | undefined;
}

/** A wire that takes the place of one that has ended. */
export interface NextWire<TFrame> {
  /** The wire, not started yet. */
  readonly wire: Wire<TFrame>;
  /** How long to wait until it is started, in milliseconds. */
  readonly delayMs: number;
  /** How many there were since the last one that lasted, this one included. */
  readonly attempt: number;
}
