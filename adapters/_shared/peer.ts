import { ConnectionLostError } from "../../core/errors.ts";
import type { FlushOptions } from "../../core/types.ts";
import { Flushes } from "./flushes.ts";
import { type Control, controlEnvelope, type Hello, type Incoming, readFrame } from "./frame.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import { DEFAULT_MAX_FRAME_BYTES, type PeerOptions } from "./peer_options.ts";
import type { Codec, Encoded, Wire, WireEnd, WireEvents } from "./wire.ts";

/** Close code of an orderly end ({@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, 7.4.1}). */
export const NORMAL_CLOSURE = 1000;

/** How long `close()` waits for the far end, in milliseconds. */
const CLOSE_DEADLINE_MS = 1500;

/** What a peer does not answer by itself. */
export type PeerIncoming = Exclude<Incoming, { kind: "ping" | "pong" | "bye" }>;

/** Who owns a {@linkcode Peer}. */
export interface PeerOwner extends Pick<OutboxOwner, "admit"> {
  /** The wire is open; what waits is sent after this returns. */
  onOpen(): void;
  /** A checked envelope arrived. Returns whether to go on with the frame. */
  onIncoming(incoming: PeerIncoming): boolean;
  /** Something malformed arrived. */
  onMalformed(error: Error): void;
  /** A frame was larger than `maxFrameBytes`. */
  onOversized(): void;
  /** More bytes wait than may, and the far end asks for an answer. It gets none. */
  onFlood(): void;
  /** The conversation is over, be it that the wire has ended or that it was given up. `unsent` events still waited. */
  onEnd(end: WireEnd, unsent: number): void;
  /** The wire itself has ended or was let go; its runtime's object is no longer in use. */
  onReleased(): void;
}

/** One end of a wire: what a link and each spoke of a hub have in common. */
export class Peer<TBody, TFrame> implements WireEvents {
  /** What the far end said of itself, once it did. */
  hello: Hello | undefined;
  readonly #wire: Wire<TFrame>;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #options: Required<PeerOptions>;
  readonly #owner: PeerOwner;
  readonly #outbox: Outbox<TBody, TFrame>;
  /** Made with the first flush, since most spokes of a hub never see one. */
  #flushes: Flushes | undefined;
  /** Flushes that wait for the far end to say hello: one that never does is never pinged. */
  readonly #unasked: string[] = [];
  #canAnswer: boolean;
  #ended = false;
  #closing: Promise<void> | undefined;
  #onEnded: (() => void) | undefined;
  #released = false;
  /** Set while `close()` waits for what was sent before the wire opened. */
  #closeOnRelease: (() => void) | undefined;

  /**
   * @param wire The wire, not started yet.
   * @param codec How envelopes become frames.
   * @param options The bounds.
   * @param owner Who decides and hears.
   * @param speaks Whether the far end is known to speak the whole protocol before it says hello.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    options: Required<PeerOptions>,
    owner: PeerOwner,
    speaks: boolean,
  ) {
    this.#wire = wire;
    this.#codec = codec;
    this.#options = options;
    this.#owner = owner;
    this.#canAnswer = speaks;
    const outboxOwner: OutboxOwner = {
      admit: (bytes, control) => owner.admit(bytes, control),
      onSendFault: (error) => {
        wire.close(NORMAL_CLOSURE, "");
        this.#finish({ error });
      },
    };
    this.#outbox = new Outbox(wire, codec, outboxOwner, speaks, DEFAULT_MAX_FRAME_BYTES);
  }

  /** Starts to listen to the wire. */
  start(): void {
    this.#wire.start(this);
  }

  /** The largest frame that the far end accepts, in bytes. */
  get maxFrameBytes(): number {
    return this.#outbox.maxFrameBytes;
  }

  /** How many bytes wait to leave, here and in the wire. */
  get bufferedBytes(): number {
    return this.#outbox.bytes + this.#wire.bufferedBytes;
  }

  /** How many bytes the wire has not let go of. */
  get wireBufferedBytes(): number {
    return this.#wire.bufferedBytes;
  }

  /** Sends an event that was encoded by the same codec, and is no larger than `maxFrameBytes`. */
  send(event: Encoded<TBody>): void {
    this.#outbox.push(event);
  }

  /** Sends a control after all that waits. */
  sendControl(control: Control): void {
    if (!this.#ended) this.#outbox.push(this.#encode(control));
  }

  /** Sends a control before all that waits; only while the wire is open. */
  sendControlFirst(control: Control): void {
    if (!this.#ended) this.#outbox.sendFirst(this.#encode(control));
  }

  /** Resolves once the far end has answered all that was sent before. */
  flush({ signal }: FlushOptions = {}): Promise<void> {
    if (this.#ended) return Promise.reject(new ConnectionLostError("Cannot flush: the connection has ended"));
    this.#flushes ??= new Flushes(this.#options.flushTimeoutMs);
    return this.#flushes.start((ref) => this.#ask(ref), signal);
  }

  /**
   * Sends what waits, then ends the wire.
   *
   * @returns A promise that resolves when the far end agreed, or after a second and a half.
   */
  close(code: number, reason: string): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        if (this.#closeOnRelease !== undefined) this.#wire.close(code, reason);
        this.#finish({});
      }, CLOSE_DEADLINE_MS);
      this.#onEnded = () => {
        clearTimeout(deadline);
        resolve();
      };
      const close = (): void => {
        this.#outbox.flush();
        this.#wire.close(code, reason);
      };
      // What was sent before the wire opened, or while that is being told, still wants to leave.
      const waits = this.#wire.state === "open" || this.#outbox.size > 0;
      if (!this.#released && waits) this.#closeOnRelease = close;
      else close();
    });
  }

  /** Forgets what waits and ends the wire. */
  drop(code: number, reason: string): void {
    this.#wire.close(code, reason);
    this.#finish({ code, reason });
  }

  /** Lets go of the wire without ending it. */
  detach(): void {
    this.#wire.detach();
    this.onEnd({});
  }

  onOpen(): void {
    if (this.#ended) return;
    this.#owner.onOpen();
    this.#released = true;
    this.#outbox.release();
    this.#closeOnRelease?.();
  }

  onFrame(data: unknown): void {
    if (this.#ended) return;
    if (this.#codec.exceeds(data, this.#options.maxFrameBytes)) return this.#owner.onOversized();
    let frame: unknown;
    try {
      frame = this.#codec.decode(data);
    } catch (cause) {
      return this.#owner.onMalformed(new TypeError(`Cannot decode a frame: ${messageOf(cause)}`, { cause }));
    }
    const fault = readFrame(frame, (incoming) => this.#onIncoming(incoming) && !this.#ended);
    if (fault !== undefined) this.#owner.onMalformed(new TypeError(`Cannot read a frame: ${fault}`));
  }

  onEnd(end: WireEnd): void {
    this.#finish(end);
    this.#owner.onReleased();
  }

  #finish(end: WireEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.onEnd(end, this.#outbox.clear());
    this.#flushes?.rejectAll(connectionLost(end));
    this.#onEnded?.();
  }

  #onIncoming(incoming: Incoming): boolean {
    switch (incoming.kind) {
      case "ping":
        // Whoever asks without reading the answers must not fill the memory with them.
        if (this.bufferedBytes > this.#options.maxBufferedBytes) this.#owner.onFlood();
        else this.sendControl({ kind: "pong", ref: incoming.ref });
        return true;
      case "pong":
        this.#flushes?.answer(incoming.ref);
        return true;
      case "bye":
        this.#wire.close(NORMAL_CLOSURE, "");
        this.#finish({ reason: incoming.reason });
        return false;
      case "hello":
        this.hello = incoming.hello;
        this.#outbox.batch = incoming.hello.batch;
        this.#outbox.maxFrameBytes = incoming.hello.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
        this.#canAnswer = true;
        for (const ref of this.#unasked.splice(0)) if (this.#flushes?.isPending(ref)) this.#ask(ref);
        return this.#owner.onIncoming(incoming);
      default:
        return this.#owner.onIncoming(incoming);
    }
  }

  #ask(ref: string): void {
    if (this.#canAnswer) this.sendControl({ kind: "ping", ref });
    else this.#unasked.push(ref);
  }

  #encode(control: Control): Encoded<TBody> {
    return this.#codec.encode(controlEnvelope(control), true);
  }
}

/**
 * What subscriptions and flushes are told of the end of a wire.
 *
 * @param end Why it ended.
 * @returns The error.
 */
export function connectionLost({ code, reason, error }: WireEnd): ConnectionLostError {
  const detail = [code === undefined ? "" : ` with the code ${code}`, reason ? `: ${reason}` : ""].join("");
  return new ConnectionLostError(`The connection ended${detail}`, { code, reason, cause: error });
}

/**
 * What is reported of events that did not leave.
 *
 * @param events How many.
 * @returns The error.
 */
export function unsentError(events: number): Error {
  return new Error(`${events} events were not sent before the connection ended`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
