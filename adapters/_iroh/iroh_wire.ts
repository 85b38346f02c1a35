import { CLOSE_DEADLINE_MS } from "../../core/arguments.ts";
import { shared } from "../../core/shared.ts";
import { describe } from "../../core/describe.ts";
import { ABNORMAL_CLOSURE, NORMAL_CLOSURE, PROTOCOL_ERROR } from "../_wire/close_codes.ts";
import { ignore } from "../../core/ignore.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import { FrameParser, type OwnEnd } from "./byte_frames.ts";
import type { IrohBiStream, IrohConnection, IrohRecvStream } from "./iroh_like.ts";
import { StreamWriter } from "./stream_writer.ts";

/** The most bytes that are read at once. */
const READ_BYTES = 64 * 1024;

/** How long the far end can take to receive everything, or to close after the end of its stream, in milliseconds. */
const END_DEADLINE_MS = CLOSE_DEADLINE_MS - 100;

/** The `closeReason` of a connection that the far end closed. A reason stands only with a code in brackets. */
const CLOSED_BY_PEER = /^closed by peer: (?:(.*) \(code (\d+)\)|(\d+))$/s;

/** The `closeReason` of a connection that this side closed. */
const CLOSED_HERE = "closed";

/** Options of {@linkcode IrohWire}. */
export interface IrohWireOptions {
  /** Which end this is: the spoke opens the stream, the hub accepts it. */
  readonly side: "spoke" | "hub";
  /** The largest frame that is accepted, in bytes. */
  readonly maxFrameBytes: number;
}

/** The methods of a connection. */
const METHODS = ["remoteId", "openBi", "acceptBi", "acceptUni", "closed", "closeReason", "close"] as const;

/** The stream that the far end of a connection opens next. A detached wire leaves it to its successor. */
const nextStreams = /* @__PURE__ */ shared(
  "iroh-streams.1",
  () => new WeakMap<IrohConnection, Promise<IrohBiStream>>(),
);

/** A wire over one stream of a QUIC connection, which ends with it. */
export class IrohWire implements Wire<Uint8Array> {
  state: "connecting" | "open" | "closed" = "connecting";
  readonly endpointId: string;
  readonly #connection: IrohConnection;
  readonly #options: IrohWireOptions;
  #events: WireEvents | undefined;
  /** Expires if the far end does not receive what was sent, or does not close. */
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #writer: StreamWriter | undefined;
  #recv: IrohRecvStream | undefined;

  /** Throws a `TypeError` unless it is given a connection. */
  constructor(connection: IrohConnection, options: IrohWireOptions) {
    const given = (connection ?? {}) as Partial<IrohConnection>;
    const lacking = METHODS.filter((method) => typeof given[method] !== "function");
    if (lacking.length > 0) {
      const what = describe(connection);
      throw new TypeError(`Cannot use ${what} as a connection of Iroh: it lacks ${lacking.join(", ")}`);
    }
    this.#connection = connection;
    this.#options = options;
    this.endpointId = connection.remoteId().toString();
  }

  get bufferedBytes(): number {
    return this.#writer?.bufferedBytes ?? 0;
  }

  start(events: WireEvents): void {
    this.#events = events;
    void this.#run();
  }

  send(frame: Uint8Array): void {
    if (this.state === "open") this.#writer?.write(frame);
  }

  close(code: number, reason: string): void {
    if (this.state === "closed") return;
    this.state = "closed";
    // Closing a connection discards what was sent on it, so that the far end must receive that first.
    this.#failAfter(END_DEADLINE_MS, () => ({ code, reason, error: this.#lateError(), stage: "publish" }));
    const closeNow = (): void => this.#fail({ code, reason });
    (this.#writer?.finish() ?? Promise.resolve()).then(closeNow, closeNow);
  }

  detach(): void {
    this.#events = undefined;
    // A close that has begun continues.
    if (this.state === "closed") return;
    clearTimeout(this.#deadline);
    if (this.state === "open") {
      // The connection belongs to the program, which does not know the stream. It may end before this is done.
      this.#writer?.finish().catch(ignore);
      this.#recv?.stop(0n).catch(ignore);
    }
    this.state = "closed";
  }

  async #run(): Promise<void> {
    // The caller must return first, so that callbacks of the end find what it returns.
    await null;
    if (this.state !== "connecting") return;
    const connection = this.#connection;
    const opens = this.#options.side === "spoke";
    try {
      connection.acceptUni().then(this.#onSurplusStream, ignore);
      const { send, recv } = await (opens ? connection.openBi() : nextStreamOf(connection));
      if (this.state !== "connecting") return;
      // From here on the stream belongs to this wire, and each further one is one too many.
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

  // QUIC buffers a megabyte for each unread stream, and up to two hundred of them: a peer could fill the memory.
  readonly #onSurplusStream = (): void => {
    if (this.#events === undefined) return;
    const reason = "more than one stream";
    this.#fail({ code: PROTOCOL_ERROR, reason, error: new Error(`The far end opened ${reason}`) });
  };

  /** Reads until the stream ends or the wire is detached. */
  async #readFrames(recv: IrohRecvStream): Promise<void> {
    const parser = new FrameParser(this.#options.maxFrameBytes);
    for (;;) {
      const bytes = await recv.read(READ_BYTES);
      // Detached while reading: the connection now belongs to the program.
      if (this.#events === undefined) return;
      const fault = bytes.length > 0 ? parser.parse(bytes, this.#onFrame) : parser.endFault();
      if (fault !== undefined) {
        const error = new RangeError(`Received ${fault.reason}`);
        return this.#fail({ ...fault, error, stage: "decode" });
      }
      if (bytes.length === 0) return await this.#onStreamEnd();
    }
  }

  readonly #onFrame = (text: string): boolean => {
    this.#events?.onFrame(text);
    return this.#events !== undefined;
  };

  /** The far end has ended its stream. Its close follows, with the reason. */
  async #onStreamEnd(): Promise<void> {
    const ended = { code: NORMAL_CLOSURE, reason: "the stream has ended" };
    // If this end is closing as well, a deadline already runs.
    if (this.state === "open") this.#failAfter(END_DEADLINE_MS, () => ended);
    const end = endOf(await this.#connection.closed());
    // QUIC can report a lost connection before the packet that closed it has arrived.
    this.#end(end.code === ABNORMAL_CLOSURE ? ended : end);
  }

  readonly #onWriteFault = (error: unknown): void => {
    // Bytes that had arrived when the connection ended can still be read; the read after them reports the end.
    if (this.#connection.closeReason() !== null) this.state = "closed";
    else this.#onStreamFault(error);
  };

  /** The stream has failed, most often because the connection has ended. */
  readonly #onStreamFault = (cause: unknown): void => {
    // Detached: the connection belongs to the program.
    if (this.#events === undefined) return;
    const closeReason = this.#connection.closeReason();
    if (closeReason !== null) return this.#end(endOf(closeReason));
    // The binding appends a stack to the message, after a blank line.
    const [message = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n\n", 1);
    const error = new Error(`The stream failed: ${message}`, { cause });
    this.#fail({ code: ABNORMAL_CLOSURE, reason: "the stream was given up", error });
  };

  #failAfter(timeoutMs: number, end: () => OwnEnd): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#fail(end()), timeoutMs);
  }

  #lateError(): Error {
    const { bufferedBytes } = this;
    const left = bufferedBytes === 0 ? "everything had left" : `${bufferedBytes} bytes had not left`;
    return new Error(
      `Not everything that was sent had arrived within ${END_DEADLINE_MS} ms of the close: ${left}`,
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

/** Reads the close code and the reason back from a `closeReason`. */
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
