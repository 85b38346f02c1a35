/** The sending half of a QUIC stream. */
export interface IrohSendStream {
  /** Writes bytes; resolves when the stream has accepted all of them. */
  writeAll(bytes: number[]): Promise<void>;
  /** Ends the stream. */
  finish(): Promise<void>;
  /** Resolves when the far end has everything that was written, or does not want it. */
  stopped(): Promise<unknown>;
}

/** The receiving half of a QUIC stream. */
export interface IrohRecvStream {
  /** Reads the available bytes, up to a limit; an empty array is the end of the stream. */
  read(sizeLimit: number): Promise<number[]>;
  /** Refuses to read more. */
  stop(errorCode: bigint): Promise<void>;
}

/** A bidirectional QUIC stream. */
export interface IrohBiStream {
  /** Its bytes are read at the far end. */
  readonly send: IrohSendStream;
  /** Its bytes were written at the far end. */
  readonly recv: IrohRecvStream;
}

/** A `Connection` of `@number0/iroh` 1.x, or an object like it. */
export interface IrohConnection {
  /** The endpoint id that the far end proved in the handshake. */
  remoteId(): { toString(): string };
  /** Opens a stream; the far end does not see it before its first byte. */
  openBi(): Promise<IrohBiStream>;
  /** Waits for a stream that the far end opens. */
  acceptBi(): Promise<IrohBiStream>;
  /** Waits for a one-way stream that the far end opens. */
  acceptUni(): Promise<unknown>;
  /** Resolves when the connection has ended, with the `closeReason()`. */
  closed(): Promise<string>;
  /** The reason of the end, or `null` before it. */
  closeReason(): string | null;
  /** Ends the connection at once; bytes that have not left are lost. */
  close(errorCode: bigint, reason: number[]): void;
}
