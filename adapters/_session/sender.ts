import { topicOf } from "../../core/topic.ts";
import type { ErrorStage } from "../../core/types.ts";
import type { EncodedEnvelope } from "../_wire/codec.ts";
import { type Control, controlEnvelope, type Hello, helloControl } from "../_wire/frame.ts";
import { Outbox, type OutboxHost } from "./outbox.ts";
import type { PeerPolicy } from "./peer_policy.ts";
import type { SessionParts } from "./session_parts.ts";

/** The owner of a {@linkcode Sender}. */
export interface SenderHost extends OutboxHost {
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
  /** Counts and reports an event that was dropped because too many bytes wait. */
  reportDropped(maxBufferedBytes: number, topic: string): void;
}

/** Sends the events and controls of one session in order, within the bounds of both ends. */
export class Sender {
  readonly outbox: Outbox;
  /** The peer's hello, once it has arrived. */
  hello: Hello | undefined;
  readonly #parts: SessionParts;
  readonly #peer: PeerPolicy;
  readonly #host: SenderHost;
  #isPreparing = false;
  #isOpen = false;
  #stopped = false;

  constructor(parts: SessionParts, host: SenderHost) {
    this.#parts = parts;
    this.#peer = parts.peer;
    this.#host = host;
    this.outbox = new Outbox(parts, host);
  }

  /** Whether the wire is open and prepared. It stays so after the end. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether nothing is sent any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether an event sent now may be delayed past this turn, so that its payload must be copied. */
  get isDeferring(): boolean {
    return !this.#isOpen || (this.#peer.saysHello && this.hello === undefined);
  }

  /** The hello of this end. A hub leaves out whether it wants its own events back. */
  ownHello(echo?: boolean): Control {
    const { bounds, codec } = this.#parts;
    return helloControl(bounds.maxFrameBytes, echo, codec.deflates);
  }

  /**
   * Sends an event that the same codec encoded. An event that is too large, or exceeds what can wait, is reported.
   *
   * @param first Whether it overtakes everything that waits; the wire must be open.
   */
  send(event: EncodedEnvelope, first = false): void {
    const { bytes, type, id } = event;
    if (bytes > this.outbox.maxFrameBytes && (first || this.#isLimitKnown)) {
      return this.#reportTooLarge(event);
    }
    const { maxBufferedBytes } = this.#parts.bounds;
    if ((this.#peer.dropsEvents || !this.#isOpen) && this.#bufferExceeds(maxBufferedBytes - bytes)) {
      return this.#host.reportDropped(maxBufferedBytes, topicOf(type, id));
    }
    if (first) this.outbox.sendFirst(event);
    else this.outbox.push(event);
  }

  /** Sends a control behind everything that waits. Events that wait for the preparation concern only a ping. */
  sendControl(control: Control): void {
    if (this.#isPreparing && control.kind !== "ping") this.sendControlFirst(control);
    else if (!this.#stopped) this.outbox.push(this.#encode(control));
  }

  /** Sends a control about several items, split where it would be larger than the peer accepts. */
  sendControlOf<TItem>(items: readonly TItem[], toControl: (items: readonly TItem[]) => Control): void {
    if (this.#stopped) return;
    const control = this.#encode(toControl(items));
    if (control.bytes <= this.outbox.maxFrameBytes || items.length < 2) return this.outbox.push(control);
    const middle = items.length >> 1;
    this.sendControlOf(items.slice(0, middle), toControl);
    this.sendControlOf(items.slice(middle), toControl);
  }

  /** Sends a control ahead of everything that waits. The wire must be open. */
  sendControlFirst(control: Control): void {
    if (!this.#stopped) this.outbox.sendFirst(this.#encode(control));
  }

  /** Answers a ping, unless the peer sends pings without reading the answers, which would fill the memory. */
  answerPing(ref: string): void {
    const { maxBufferedBytes } = this.#parts.bounds;
    if (!this.#bufferExceeds(maxBufferedBytes)) this.sendControl({ kind: "pong", ref });
    else if (this.#host.maySend(0, true)) {
      const error = new Error(`Cannot buffer more than ${maxBufferedBytes} bytes: a ping was not answered`);
      this.#host.report("backpressure", error);
    }
  }

  /** Lets only controls pass while the program prepares the open connection. */
  prepare(): void {
    this.#isPreparing = true;
  }

  /** Sends what has waited for the wire and its preparation. */
  open(): void {
    this.#isPreparing = false;
    this.#isOpen = true;
    if (!this.#peer.saysHello) this.#reportAllTooLarge();
    this.outbox.open();
  }

  /** Adopts the peer's capabilities. Events that waited for them leave with the next flush. */
  applyHello(hello: Hello): void {
    this.hello = hello;
    this.outbox.applyHello(hello);
    // A spoke that connects has not opened yet, and can still say more.
    if (this.#peer.saysHello || this.#isOpen) this.#reportAllTooLarge();
  }

  /** Sends nothing more. Returns how many events were lost while they were being sent, and how many wait. */
  stop(): { lost: number; waiting: number } {
    this.#stopped = true;
    return this.outbox.stop();
  }

  /** Whether the peer has said how large a frame it accepts, or will not say it any more. */
  get #isLimitKnown(): boolean {
    return this.hello !== undefined || (!this.#peer.saysHello && this.#isOpen);
  }

  /** Whether more than a number of bytes wait to leave, here and in the wire. */
  #bufferExceeds(bytes: number): boolean {
    return this.outbox.bufferedBytes.exceed(bytes - this.outbox.bytes);
  }

  #reportAllTooLarge(): void {
    for (const event of this.outbox.takeTooLarge()) this.#reportTooLarge(event);
  }

  #reportTooLarge({ bytes, type, id }: EncodedEnvelope): void {
    const message = `Cannot send an event of ${bytes} bytes: the peer accepts ${this.outbox.maxFrameBytes}`;
    this.#host.report("encode", new RangeError(message), topicOf(type, id));
  }

  #encode(control: Control): EncodedEnvelope {
    return this.#parts.codec.encode(controlEnvelope(control), true);
  }
}
