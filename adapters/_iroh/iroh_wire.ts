import { messageOf } from "../../core/describe.ts";
import { describe } from "../../core/describe.ts";
import { ABNORMAL_CLOSURE, NORMAL_CLOSURE, PROTOCOL_ERROR } from "../_wire/close_codes.ts";
import { type FrameFault, FrameParser } from "./frame_parser.ts";
import type { IrohBiStream, IrohConnection, IrohRecvStream } from "./iroh_like.ts";
import { HEARTBEAT_TIMEOUT } from "../_wire/close_codes.ts";
import { MAX_TIMER_MS } from "../../core/arguments.ts";
import { StreamWriter } from "./stream_writer.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";

/** How many bytes are read at once, at most. */
const READ_BYTES = 64 * 1024;

/**
 * How long the far end may take to have all that was sent, or to close after the end of its stream, in milliseconds.
 * That is less than `close()` waits for the end of a wire.
 */
const CLOSE_DEADLINE_MS = 1400;

/** What a connection says of its end when the far end closed it. A reason stands only with a code in brackets. */
const CLOSED_BY_PEER = /^closed by peer: (?:(.*) \(code (\d+)\)|(\d+))$/s;

/** What it says when it was closed on this side. */
const CLOSED_HERE = "closed";

/** Options of {@linkcode irohWire}. */
export interface IrohWireOptions {
  /** Which end this is: the spoke opens the stream, the hub accepts it. */
  readonly side: "spoke" | "hub";
  /** The largest frame that is taken, in bytes. */
  readonly maxFrameBytes: number;
  /** How long the stream may take to open, in milliseconds; infinite where whoever uses the wire sees to that. */
  readonly openTimeoutMs: number;
}

/** An end that this side brings about. */
interface OwnEnd extends WireEnd {
  readonly code: number;
  readonly reason: string;
}

/** The stream that the far end of a connection opens next. A wire that is let go leaves it to the one after it. */
const nextStreams = new WeakMap<IrohConnection, Promise<IrohBiStream>>();

/**
 * Makes a wire of a QUIC connection, over one bidirectional stream.
 *
 * @param connection The connection.
 * @param options Which end it is, and its bounds.
 * @returns The wire. Its end is the end of the connection.
 * @throws {TypeError} If it is no connection.
 */
export function irohWire(connection: IrohConnection, options: IrohWireOptions): Wire<Uint8Array> {
  const { remoteId, openBi, acceptBi, acceptUni, closed, closeReason, close } = (connection ?? {}) as Partial<
    IrohConnection
  >;
  const methods = [remoteId, openBi, acceptBi, acceptUni, closed, closeReason, close];
  if (!methods.every((method) => typeof method === "function")) {
    const what = describe(connection);
    throw new TypeError(`Cannot use ${what} as a connection of Iroh: it has not the methods of one`);
  }
  return new IrohWire(connection, options);
}

class IrohWire implements Wire<Uint8Array> {
  state: "connecting" | "open" | "closed" = "connecting";
  readonly endpointId: string;
  readonly #connection: IrohConnection;
  readonly #options: IrohWireOptions;
  #events: WireEvents | undefined;
  /** Runs out if the far end opens no stream, does not take what was sent, or does not close. */
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #writer: StreamWriter | undefined;
  #recv: IrohRecvStream | undefined;

  constructor(connection: IrohConnection, options: IrohWireOptions) {
    this.#connection = connection;
    this.#options = options;
    this.endpointId = connection.remoteId().toString();
  }

  get bufferedBytes(): number {
    return this.#writer?.bufferedBytes ?? 0;
  }

  start(events: WireEvents): void {
    this.#events = events;
    const { openTimeoutMs } = this.#options;
    const reason = `no stream for ${openTimeoutMs} ms`;
    const error = new Error(`The connection had ${reason}`);
    if (openTimeoutMs <= MAX_TIMER_MS) {
      this.#failAfter(openTimeoutMs, () => ({ code: HEARTBEAT_TIMEOUT, reason, error }));
    }
    void this.#run();
  }

  send(frame: Uint8Array): void {
    if (this.state === "open") this.#writer?.write(frame);
  }

  close(code: number, reason: string): void {
    if (this.state === "closed") return;
    this.state = "closed";
    // The close of a connection overtakes what was sent on it: it waits until the far end has that.
    this.#failAfter(CLOSE_DEADLINE_MS, () => ({ code, reason, error: this.#lateError(), stage: "publish" }));
    const closeNow = (): void => this.#fail({ code, reason });
    (this.#writer?.finish() ?? Promise.resolve()).then(closeNow, closeNow);
  }

  detach(): void {
    this.#events = undefined;
    // A close that has begun goes on.
    if (this.state === "closed") return;
    clearTimeout(this.#deadline);
    if (this.state === "open") {
      // The connection is the program's, but nobody else knows of the stream. It may end before this is done.
      this.#writer?.finish().catch(ignore);
      this.#recv?.stop(0n).catch(ignore);
    }
    this.state = "closed";
  }

  async #run(): Promise<void> {
    // Whoever made the wire has not returned yet, and could not be found by what its end leads to.
    await null;
    if (this.state !== "connecting") return;
    const connection = this.#connection;
    const opens = this.#options.side === "spoke";
    try {
      connection.acceptUni().then(this.#onSurplusStream, ignore);
      const { send, recv } = await (opens ? connection.openBi() : nextStreamOf(connection));
      if (this.state !== "connecting") return;
      clearTimeout(this.#deadline);
      // It is this wire's from here on, and each further one is too many.
      if (!opens) nextStreams.delete(connection);
      nextStreamOf(connection).then(this.#onSurplusStream, ignore);
      this.#writer = new StreamWriter(send, this.#onWriteFault);
      this.#recv = recv;
      this.state = "open";
      this.#events?.onOpen();
      await this.#readFrames(recv);
    } catch (error) {
      this.#onStreamFault(error);
    }
  }

  // QUIC takes a megabyte for each stream that nobody reads, and two hundred of those: a peer could fill the memory.
  readonly #onSurplusStream = (): void => {
    if (this.#events === undefined) return;
    const reason = "more than one stream";
    this.#fail({ code: PROTOCOL_ERROR, reason, error: new Error(`The far end opened ${reason}`) });
  };

  /** Reads until the stream ends or nobody listens any more. */
  async #readFrames(recv: IrohRecvStream): Promise<void> {
    const parser = new FrameParser(this.#options.maxFrameBytes);
    for (;;) {
      const bytes = await recv.read(READ_BYTES);
      // Whoever let go of the wire meanwhile has the connection.
      if (this.#events === undefined) return;
      const fault = bytes.length > 0 ? parser.parse(bytes, this.#onFrame) : parser.endFault();
      if (fault !== undefined) return this.#failFrame(fault);
      if (bytes.length === 0) return await this.#onStreamEnd();
    }
  }

  readonly #onFrame = (text: string): boolean => {
    this.#events?.onFrame(text);
    return this.#events !== undefined;
  };

  #failFrame({ code, reason }: FrameFault): void {
    this.#fail({ code, reason, error: new RangeError(`Cannot take ${reason}`), stage: "decode" });
  }

  /** The far end has said all that it will say; its close, which tells why, follows. */
  async #onStreamEnd(): Promise<void> {
    const ended = { code: NORMAL_CLOSURE, reason: "the stream has ended" };
    // If this end is closing as well, it has a deadline for that.
    if (this.state === "open") this.#failAfter(CLOSE_DEADLINE_MS, () => ended);
    const end = endOf(await this.#connection.closed());
    // QUIC may tell of a connection that is gone before the packet that closed it has come.
    this.#end(end.code === ABNORMAL_CLOSURE ? ended : end);
  }

  readonly #onWriteFault = (error: unknown): void => {
    // What had arrived when the connection ended can still be read; the read after that tells of the end.
    if (this.#connection.closeReason() !== null) this.state = "closed";
    else this.#onStreamFault(error);
  };

  /** The stream does not work any more, most often since the connection has ended. */
  readonly #onStreamFault = (error: unknown): void => {
    // Whoever let go of the wire left the connection to the program.
    if (this.#events === undefined) return;
    const closeReason = this.#connection.closeReason();
    if (closeReason !== null) return this.#end(endOf(closeReason));
    this.#fail({ code: ABNORMAL_CLOSURE, reason: "the stream was given up", error: streamError(error) });
  };

  #failAfter(timeoutMs: number, end: () => OwnEnd): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#fail(end()), timeoutMs);
  }

  #lateError(): Error {
    const left = this.bufferedBytes === 0 ? "all of it had left" : `${this.bufferedBytes} bytes had not left`;
    return new Error(
      `Not all that was sent had arrived within ${CLOSE_DEADLINE_MS} ms of the close: ${left}`,
    );
  }

  /** Ends the connection at once. */
  #fail(end: OwnEnd): void {
    this.#connection.close(BigInt(end.code), [...new TextEncoder().encode(end.reason)]);
    this.#end(end);
  }

  #end(end: WireEnd): void {
    const events = this.#events;
    this.#events = undefined;
    this.state = "closed";
    clearTimeout(this.#deadline);
    events?.onEnd(end);
  }
}

function nextStreamOf(connection: IrohConnection): Promise<IrohBiStream> {
  const stream = nextStreams.get(connection) ?? connection.acceptBi();
  nextStreams.set(connection, stream);
  return stream;
}

/** What an end says of itself, as the far end meant it. */
function endOf(closeReason: string): WireEnd {
  const [, reason = "", code, bareCode] = CLOSED_BY_PEER.exec(closeReason) ?? [];
  if (code !== undefined || bareCode !== undefined) return { code: Number(code ?? bareCode), reason };
  if (closeReason === CLOSED_HERE) return { reason: "the connection was closed on this side" };
  return {
    code: ABNORMAL_CLOSURE,
    reason: closeReason,
    error: new Error(`The connection was lost: ${closeReason}`),
  };
}

function streamError(cause: unknown): Error {
  // The binding puts a stack into the message, after a blank line.
  return new Error(`The stream failed: ${messageOf(cause).split("\n\n", 1)[0]}`, { cause });
}

function ignore(): void {}
