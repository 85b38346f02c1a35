import { ConnectionLostError } from "../../core/errors.ts";
import { topicOf } from "../../core/topic.ts";
import type { ErrorContext, ErrorStage, FlushOptions } from "../../core/types.ts";
import { NORMAL_CLOSURE } from "./close_codes.ts";
import { connectionLost } from "./connection_lost.ts";
import { Flushes } from "./flushes.ts";
import { type Control, controlEnvelope, type Hello, type Incoming, readFrame } from "./frame.ts";
import { Heartbeat, NO_SIGN_OF_LIFE } from "./heartbeat.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import { DEFAULT_MAX_FRAME_BYTES, MAX_TIMER_MS, MIN_FRAME_BYTES, type PeerOptions } from "./peer_options.ts";
import type { Codec, Encoded, Wire, WireEnd, WireEvents } from "./wire.ts";

/** How long `close()` waits for the far end, in milliseconds. */
const CLOSE_DEADLINE_MS = 1500;

/** The reference of a ping that just asks for a sign of life. */
const LIVENESS_REF = "";

/** What a peer does not answer by itself. */
export type PeerIncoming = Exclude<Incoming, { kind: "ping" | "pong" | "bye" }>;

/** A question of the far end's that waits for its turn. */
export interface IncomingFlush {
  readonly kind: "flush";
  /** What the far end calls it. */
  readonly ref: string;
  /** Answers it. */
  readonly answer: () => void;
}

/** Who owns a {@linkcode Peer}. */
export interface PeerOwner extends Pick<OutboxOwner, "admit"> {
  /** How many events were dropped since more waited than may. */
  dropped: number;
  /** The wire is open; what waits is sent after this returns, or what it returns resolves. A rejection ends the wire. */
  onOpen(): Promise<void> | void;
  /** A frame arrived, and is handled next unless this ends the conversation. */
  onFrame?(): void;
  /** A checked envelope arrived. Returns whether to go on with the frame. */
  onIncoming(incoming: PeerIncoming): boolean;
  /**
   * The far end asks to be answered once all that it sent before is handled. Returns whether to go on with the frame.
   * It is answered at once where this is missing: all is handled when it arrives.
   */
  onFlush?(flush: IncomingFlush): boolean;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string, extra?: Pick<ErrorContext, "dropped">): void;
  /** A frame was larger than `maxFrameBytes`. */
  onOversized(): void;
  /**
   * The conversation is over, be it that the wire has ended or that it was given up. `lost` events went down with it,
   * `waiting` ones had not been handed over: another peer can {@linkcode Peer.takeOver} them now.
   */
  onEnd(end: WireEnd, lost: number, waiting: number): void;
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
  readonly #heartbeat: Heartbeat | undefined;
  readonly #toHub: boolean;
  #ended = false;
  /** The wire is open, and its owner prepares it. */
  #opening = false;
  #closing: Promise<void> | undefined;
  #onEnded: (() => void) | undefined;
  #released = false;
  /** Set while `close()` waits for what was sent before the wire opened, or before the hub said hello. */
  #closeOnceSent: (() => void) | undefined;

  /**
   * @param wire The wire, not started yet.
   * @param codec How envelopes become frames.
   * @param options The bounds.
   * @param owner Who decides and hears.
   * @param toHub Whether the far end is a hub. It speaks the whole protocol and answers a hello with its own.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    options: Required<PeerOptions>,
    owner: PeerOwner,
    toHub: boolean,
  ) {
    this.#wire = wire;
    this.#codec = codec;
    this.#options = options;
    this.#owner = owner;
    this.#toHub = toHub;
    const outboxOwner: OutboxOwner = {
      admit: (bytes, control) => owner.admit(bytes, control),
      onSendFault: (error) => this.fail(error),
      // A socket swallows what it is given while it closes. A spoke is dropped with all that waits, so that it may.
      canSend: () => !toHub || wire.state === "open",
    };
    // A larger event waits for the hub's word. A bare client never gives its own.
    const maxFrameBytes = toHub ? MIN_FRAME_BYTES : DEFAULT_MAX_FRAME_BYTES;
    this.#outbox = new Outbox(wire, codec, outboxOwner, toHub, maxFrameBytes);
    const { heartbeatMs } = options;
    this.#heartbeat = heartbeatMs > MAX_TIMER_MS ? undefined : new Heartbeat(heartbeatMs, {
      onSilence: () => this.sendControlFirst({ kind: "ping", ref: LIVENESS_REF }),
      onDeath: () => this.drop(NO_SIGN_OF_LIFE, `no sign of life for ${2 * heartbeatMs} ms`),
    });
  }

  /** Starts to listen to the wire. */
  start(): void {
    this.#wire.start(this);
  }

  /** Whether what is sent now may leave later than in this turn of the event loop. */
  get sendsLater(): boolean {
    return !this.#released || (this.#toHub && this.hello === undefined);
  }

  /** Whether the conversation is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many bytes the wire has not let go of. */
  get wireBufferedBytes(): number {
    return this.#wire.bufferedBytes;
  }

  /** Whether the wire has not let go of more than a number of bytes. */
  wireBuffersMoreThan(bytes: number): boolean {
    return this.#outbox.wireGauge.exceeds(bytes);
  }

  /**
   * Sends an event that was encoded by the same codec; one that is too large, or too much, is reported.
   *
   * @param event The event.
   * @param first Whether it goes before all that waits; only while the wire is open.
   */
  send(event: Encoded<TBody>, first = false): void {
    const { bytes, type, id } = event;
    const { maxFrameBytes } = this.#outbox;
    // A spoke may still say more before it opens, and a hub answers with its word.
    const known = this.hello !== undefined || (!this.#toHub && this.#released);
    if (bytes > maxFrameBytes && (first || known)) {
      return this.#reportTooLarge(event);
    }
    // A spoke that is slow once it is connected is dropped instead, with all that waits.
    if ((this.#toHub || !this.#released) && this.#buffersMoreThan(this.#options.maxBufferedBytes - bytes)) {
      const dropped = ++this.#owner.dropped;
      return this.#owner.report("backpressure", this.#fullError("the event was dropped"), topicOf(type, id), {
        dropped,
      });
    }
    if (first) this.#outbox.sendFirst(event);
    else this.#outbox.push(event);
  }

  /** Sends a control after all that waits, unless that waits for the owner, whom only a flush is about. */
  sendControl(control: Control): void {
    if (this.#opening && control.kind !== "ping") this.sendControlFirst(control);
    else if (!this.#ended) this.#outbox.push(this.#encode(control));
  }

  /** Sends a control about several things; as several ones where one would be larger than the peer accepts. */
  sendControlOf<TItem>(items: readonly TItem[], toControl: (items: readonly TItem[]) => Control): void {
    if (this.#ended) return;
    const control = this.#encode(toControl(items));
    if (control.bytes <= this.#outbox.maxFrameBytes || items.length < 2) return this.#outbox.push(control);
    const middle = items.length >> 1;
    this.sendControlOf(items.slice(0, middle), toControl);
    this.sendControlOf(items.slice(middle), toControl);
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
    this.#heartbeat?.stop();
    return this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        if (this.#closeOnceSent !== undefined) this.#wire.close(code, reason);
        this.#finish({});
      }, CLOSE_DEADLINE_MS);
      this.#onEnded = () => {
        clearTimeout(deadline);
        resolve();
      };
      this.#closeOnceSent = () => {
        this.#outbox.flush();
        if (this.#outbox.size > 0) return;
        this.#closeOnceSent = undefined;
        this.#wire.close(code, reason);
      };
      // What was sent before the wire opened, or while that is being told, still wants to leave.
      if (this.#released || (this.#wire.state !== "open" && this.#outbox.size === 0)) this.#closeOnceSent();
    });
  }

  /**
   * Goes on for a peer that has ended: with the events that waited there, and with its flushes if it never sent an event
   * that they could be about.
   */
  takeOver(before: Peer<TBody, TFrame>): void {
    for (const event of before.#outbox.takeEvents()) this.#outbox.push(event);
    if (before.#released) return;
    this.#flushes = before.#flushes;
    before.#flushes = undefined;
    for (const ref of this.#flushes?.pending ?? []) this.#ask(ref);
  }

  /** Ends the wire over a fault of this side. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#wire.close(NORMAL_CLOSURE, "");
    this.#finish({ error });
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
    if (this.#toHub) this.#heartbeat?.start();
    const opening = this.#owner.onOpen();
    if (opening === undefined) return this.#release();
    this.#opening = true;
    void opening.then(() => this.#release(), (error) => this.fail(error));
  }

  onFrame(data: unknown): void {
    this.#owner.onFrame?.();
    if (this.#ended) return;
    if (this.#heartbeat !== undefined) this.#heartbeat.heard = true;
    if (this.#codec.exceeds(data, this.#options.maxFrameBytes)) return this.#owner.onOversized();
    let frame: unknown;
    try {
      frame = this.#codec.decode(data);
    } catch (cause) {
      const error = new TypeError(`Cannot decode a frame: ${messageOf(cause)}`, { cause });
      return this.#owner.report("decode", error);
    }
    const fault = readFrame(frame, this.#handle);
    if (fault !== undefined) this.#owner.report("decode", new TypeError(`Cannot read a frame: ${fault}`));
  }

  onEnd(end: WireEnd): void {
    this.#finish(end);
    this.#owner.onReleased();
  }

  #release(): void {
    this.#opening = false;
    this.#released = true;
    if (!this.#toHub) this.#reportAllTooLarge();
    this.#outbox.release();
    this.#closeOnceSent?.();
  }

  #finish(end: WireEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat?.stop();
    const { lost, waiting } = this.#outbox.stop();
    this.#owner.onEnd(end, lost, waiting);
    this.#outbox.takeEvents();
    this.#flushes?.rejectAll(connectionLost(end));
    this.#onEnded?.();
  }

  readonly #handle = (incoming: Incoming): boolean => this.#onIncoming(incoming) && !this.#ended;

  #onIncoming(incoming: Incoming): boolean {
    switch (incoming.kind) {
      case "ping":
        return this.#onPing(incoming.ref);
      case "pong":
        this.#flushes?.answer(incoming.ref);
        return true;
      case "bye":
        this.#wire.close(NORMAL_CLOSURE, "");
        this.#finish({ reason: incoming.reason });
        return false;
      case "hello":
        this.#onHello(incoming.hello);
        return this.#owner.onIncoming(incoming);
      default:
        return this.#owner.onIncoming(incoming);
    }
  }

  #onPing(ref: string): boolean {
    const answer = (): void => this.#answer(ref);
    if (ref !== LIVENESS_REF && this.#owner.onFlush !== undefined) {
      return this.#owner.onFlush({ kind: "flush", ref, answer });
    }
    answer();
    return true;
  }

  #answer(ref: string): void {
    // Whoever asks without reading the answers must not fill the memory with them.
    if (!this.#buffersMoreThan(this.#options.maxBufferedBytes)) this.sendControl({ kind: "pong", ref });
    else if (this.#owner.admit(0, true)) {
      this.#owner.report("backpressure", this.#fullError("a ping was not answered"));
    }
  }

  #onHello(hello: Hello): void {
    const first = this.hello === undefined;
    this.hello = hello;
    this.#heartbeat?.start();
    this.#outbox.batch = hello.batch;
    this.#outbox.maxFrameBytes = hello.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    if (this.#toHub || this.#released) this.#reportAllTooLarge();
    if (first && !this.#toHub) { for (const ref of this.#flushes?.pending ?? []) this.#ask(ref); }
    this.#outbox.flush();
    this.#closeOnceSent?.();
  }

  /** One that has not said hello is never pinged; it is asked when it does. */
  #ask(ref: string): void {
    if (this.#toHub || this.hello !== undefined) this.sendControl({ kind: "ping", ref });
  }

  /** Whether more than a number of bytes wait to leave, here and in the wire. */
  #buffersMoreThan(bytes: number): boolean {
    return this.#outbox.wireGauge.exceeds(bytes - this.#outbox.bytes);
  }

  #fullError(consequence: string): Error {
    return new Error(`Cannot buffer more than ${this.#options.maxBufferedBytes} bytes: ${consequence}`);
  }

  #reportAllTooLarge(): void {
    for (const event of this.#outbox.takeTooLarge()) this.#reportTooLarge(event);
  }

  #reportTooLarge({ bytes, type, id }: Encoded<TBody>): void {
    const { maxFrameBytes } = this.#outbox;
    const message = `Cannot send an event of ${bytes} bytes: the peer accepts ${maxFrameBytes}`;
    this.#owner.report("encode", new RangeError(message), topicOf(type, id));
  }

  #encode(control: Control): Encoded<TBody> {
    return this.#codec.encode(controlEnvelope(control), true);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
