import { ConnectionLostError } from "../../core/errors.ts";
import { messageOf } from "../../core/describe.ts";
import type { EventEnvelope, FlushOptions } from "../../core/types.ts";
import { NORMAL_CLOSURE } from "../_wire/close_codes.ts";
import { connectionLost } from "../_wire/connection_lost.ts";
import { Sender, type SenderHost } from "./sender.ts";
import { PendingFlushes } from "../../core/pending_flushes.ts";
import { type Control, type FrameReader, type Hello, readFrame } from "../_wire/frame.ts";
import { Heartbeat } from "./heartbeat.ts";
import { HEARTBEAT_TIMEOUT } from "../_wire/close_codes.ts";
import type { SessionOptions } from "./options.ts";
import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { Via } from "../../core/via.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";
import type { Codec } from "../_wire/codec.ts";

/** How long `close()` waits for the far end, in milliseconds. */
const CLOSE_DEADLINE_MS = 1500;

/** The reference of a ping that just asks for a sign of life. */
const LIVENESS_REF = "";

/** A control that a peer does not answer by itself. */
export type SessionControl = Exclude<Control, { kind: "ping" | "pong" | "bye" }>;

/** A question of the far end's that waits for its turn. */
export interface IncomingFlush {
  readonly kind: "flush";
  /** What the far end calls it. */
  readonly ref: string;
  /** Answers it. */
  readonly answer: () => void;
}

/** Who owns a {@linkcode Session}. */
export interface SessionHandler extends SenderHost {
  /** The wire is open; what waits is sent after this returns, or what it returns resolves. A rejection ends the wire. */
  onOpen(): Promise<void> | void;
  /** A frame arrived, and is handled next unless this ends the conversation. */
  onFrame?(): void;
  /** An event arrived, and which way it has come. Returns whether to go on with the frame. */
  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean;
  /** A control arrived. Returns whether to go on with the frame. */
  onControl(control: SessionControl): boolean;
  /**
   * The far end asks to be answered once all that it sent before is handled. Returns whether to go on with the frame.
   * It is answered at once where this is missing: all is handled when it arrives.
   */
  onFlush?(flush: IncomingFlush): boolean;
  /** A frame was larger than `maxFrameBytes`. */
  onOversized(): void;
  /** A frame, or some of its envelopes, could not be read, and was passed over. */
  onMalformed(error: Error): void;
  /**
   * The conversation is over, be it that the wire has ended or that it was given up. `lost` events went down with it,
   * `waiting` ones had not been handed over: another peer can {@linkcode Session.takeOver} them now.
   */
  onEnd(end: WireEnd, lost: number, waiting: number): void;
  /** The wire itself has ended or was let go; its runtime's object is no longer in use. */
  onReleased(): void;
}

/** One end of a wire: what a link and each spoke of a hub have in common. */
export class Session<TBody, TFrame> extends Sender<TBody, TFrame> implements WireEvents, FrameReader {
  readonly #owner: SessionHandler;
  /** Made with the first flush, since most spokes of a hub never see one. */
  #flushes: PendingFlushes | undefined;
  readonly #heartbeat: Heartbeat | undefined;
  #closing: Promise<void> | undefined;
  #onEnded: (() => void) | undefined;
  /** Set while `close()` waits for what was sent before the wire opened, or before the hub said hello. */
  #closeOnceSent: (() => void) | undefined;

  /**
   * @param wire The wire, not started yet.
   * @param codec How envelopes become frames.
   * @param bounds The bounds.
   * @param owner Who decides and hears.
   * @param toHub Whether the far end is a hub. It speaks the whole protocol and answers a hello with its own.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    bounds: Required<SessionOptions>,
    owner: SessionHandler,
    toHub: boolean,
  ) {
    super(wire, codec, bounds, owner, toHub);
    this.#owner = owner;
    const { heartbeatMs } = bounds;
    this.#heartbeat = heartbeatMs > MAX_TIMER_MS ? undefined : new Heartbeat(heartbeatMs, {
      onSilence: () => this.sendControlFirst({ kind: "ping", ref: LIVENESS_REF }),
      onDeath: () => this.drop(HEARTBEAT_TIMEOUT, `no sign of life for ${2 * heartbeatMs} ms`),
    });
  }

  /** Starts to listen to the wire. */
  start(): void {
    this.wire.start(this);
  }

  /** Resolves once the far end has answered all that was sent before. */
  flush({ signal }: FlushOptions = {}): Promise<void> {
    if (this.isEnded) {
      return Promise.reject(new ConnectionLostError("Cannot flush: the connection has ended"));
    }
    this.#flushes ??= new PendingFlushes(this.bounds.flushTimeoutMs);
    return this.#flushes.start((ref) => this.#ask(ref), signal);
  }

  /**
   * Sends what waits, then ends the wire.
   *
   * @returns A promise that resolves when the far end agreed, or after a second and a half.
   */
  close(code: number, reason: string): Promise<void> {
    if (this.isEnded) return Promise.resolve();
    this.#heartbeat?.stop();
    return this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        if (this.#closeOnceSent !== undefined) this.wire.close(code, reason);
        this.#finish({});
      }, CLOSE_DEADLINE_MS);
      this.#onEnded = () => {
        clearTimeout(deadline);
        resolve();
      };
      this.#closeOnceSent = () => {
        this.outbox.flush();
        if (this.outbox.size > 0) return;
        this.#closeOnceSent = undefined;
        this.wire.close(code, reason);
      };
      // What was sent before the wire opened, or while that is being told, still wants to leave.
      if (this.released || (this.wire.state !== "open" && this.outbox.size === 0)) this.#closeOnceSent();
    });
  }

  /**
   * Goes on for a peer that has ended: with the events that waited there, and with its flushes if it never sent an event
   * that they could be about.
   */
  takeOver(before: Session<TBody, TFrame>): void {
    for (const event of before.outbox.takeEvents()) this.outbox.push(event);
    if (before.released) return;
    this.#flushes = before.#flushes;
    before.#flushes = undefined;
    for (const ref of this.#flushes?.pending ?? []) this.#ask(ref);
  }

  /** Ends the wire over a fault of this side. */
  override fail(error: unknown): void {
    if (this.isEnded) return;
    this.wire.close(NORMAL_CLOSURE, "");
    this.#finish({ error });
  }

  /** Forgets what waits and ends the wire. */
  drop(code: number, reason: string): void {
    this.wire.close(code, reason);
    this.#finish({ code, reason });
  }

  /** Lets go of the wire without ending it. */
  detach(): void {
    this.wire.detach();
    this.onEnd({});
  }

  onOpen(): void {
    if (this.isEnded) return;
    if (this.toHub) this.#heartbeat?.start();
    const opening = this.#owner.onOpen();
    if (opening === undefined) return this.release();
    this.opening = true;
    void opening.then(() => this.release(), (error) => this.fail(error));
  }

  onFrame(data: unknown): void {
    this.#owner.onFrame?.();
    if (this.isEnded) return;
    if (this.#heartbeat !== undefined) this.#heartbeat.heard = true;
    if (this.codec.isLargerThan(data, this.bounds.maxFrameBytes)) return this.#owner.onOversized();
    let frame: unknown;
    try {
      frame = this.codec.decode(data);
    } catch (cause) {
      const error = new TypeError(`Cannot decode a frame: ${messageOf(cause)}`, { cause });
      return this.#owner.onMalformed(error);
    }
    const fault = readFrame(frame, this);
    if (fault !== undefined) this.#owner.onMalformed(new TypeError(`Cannot read a frame: ${fault}`));
  }

  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean {
    return this.#owner.onEvent(envelope, via) && !this.isEnded;
  }

  onControl(control: Control): boolean {
    switch (control.kind) {
      case "ping":
        return this.#onPing(control.ref) && !this.isEnded;
      case "pong":
        this.#flushes?.answer(control.ref);
        return !this.isEnded;
      case "bye":
        this.wire.close(NORMAL_CLOSURE, "");
        this.#finish({ reason: control.reason });
        return false;
      case "hello":
        this.#onHello(control.hello);
    }
    return this.#owner.onControl(control) && !this.isEnded;
  }

  onEnd(end: WireEnd): void {
    this.#finish(end);
    this.#owner.onReleased();
  }

  protected override release(): void {
    super.release();
    this.#closeOnceSent?.();
  }

  #finish(end: WireEnd): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#heartbeat?.stop();
    const { lost, waiting } = this.outbox.stop();
    this.#owner.onEnd(end, lost, waiting);
    this.outbox.takeEvents();
    this.#flushes?.rejectAll(connectionLost(end));
    this.#onEnded?.();
  }

  #onPing(ref: string): boolean {
    const answer = (): void => this.answer(ref);
    if (ref !== LIVENESS_REF && this.#owner.onFlush !== undefined) {
      return this.#owner.onFlush({ kind: "flush", ref, answer });
    }
    answer();
    return true;
  }

  #onHello(hello: Hello): void {
    const first = this.hello === undefined;
    this.#heartbeat?.start();
    this.heed(hello);
    if (first && !this.toHub) { for (const ref of this.#flushes?.pending ?? []) this.#ask(ref); }
    this.outbox.flush();
    this.#closeOnceSent?.();
  }

  /** One that has not said hello is never pinged; it is asked when it does. */
  #ask(ref: string): void {
    if (this.toHub || this.hello !== undefined) this.sendControl({ kind: "ping", ref });
  }
}
