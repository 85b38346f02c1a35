/** The half of a QUIC stream that is written. */
export interface IrohSendStream {
  /** Writes bytes; resolves when the stream has taken them all. */
  writeAll(bytes: number[]): Promise<void>;
  /** Says that nothing follows. */
  finish(): Promise<void>;
  /** Resolves when the far end has all that was written, or does not want it. */
  stopped(): Promise<unknown>;
}

/** The half of a QUIC stream that is read. */
export interface IrohRecvStream {
  /** Reads what there is, at most so many bytes; nothing at all at the end of the stream. */
  read(sizeLimit: number): Promise<number[]>;
  /** Says that no more is wanted. */
  stop(errorCode: bigint): Promise<void>;
}

/** A bidirectional QUIC stream. */
export interface IrohBiStream {
  /** What is written here is read at the far end. */
  readonly send: IrohSendStream;
  /** What is written at the far end is read here. */
  readonly recv: IrohRecvStream;
}

/** What is used of a `Connection` of `@number0/iroh` 1.x. */
export interface IrohConnection {
  /** The endpoint id of the far end, which the handshake has proved. */
  remoteId(): { toString(): string };
  /** Opens a stream; the far end does not see it before something is written. */
  openBi(): Promise<IrohBiStream>;
  /** Waits for a stream that the far end opens. */
  acceptBi(): Promise<IrohBiStream>;
  /** Waits for a stream that only the far end writes. */
  acceptUni(): Promise<unknown>;
  /** Resolves when the connection has ended, with what `closeReason()` then says. */
  closed(): Promise<string>;
  /** Why the connection has ended, or `null` while it has not. */
  closeReason(): string | null;
  /** Ends the connection at once, with all that has not left. */
  close(errorCode: bigint, reason: number[]): void;
}
