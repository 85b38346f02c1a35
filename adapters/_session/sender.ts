import type { FarEndEventTarget } from "../../core/far_end_event_target.ts";
import { topicOfEnvelope } from "../../core/envelope.ts";
import { topicOf } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { EncodedEnvelope } from "../_wire/codec.ts";
import { type Control, controlEnvelope, type Hello, helloControl, type LinkHello } from "../_wire/frame.ts";
import type { SessionOptions } from "./options.ts";
import { Outbox, type OutboxHost, type OutboxParts } from "./outbox.ts";

/** The reference of a ping that only asks for a sign of life, and of its answer. */
export const LIVENESS_REF = "";

/** The parts that a sender is made from. */
export interface SenderParts extends OutboxParts {
  readonly bounds: Required<SessionOptions>;
  /** Reports the faults of the session that are not the caller's mistake. */
  readonly reporter: Pick<FarEndEventTarget, "report" | "reportDropped">;
}

/** Sends the events and controls of one session in order, within the bounds of both ends. */
export class Sender {
  readonly outbox: Outbox;
  /** The peer's hello, once it has arrived. */
  hello: Hello | undefined;
  /** Whether the wire is open and prepared. It stays so after the end. */
  isOpen = false;
  /** Whether nothing is sent any more. */
  stopped = false;
  /** Whether the program prepares the open connection, so that only controls pass. */
  isPreparing = false;
  readonly #parts: SenderParts;
  readonly #host: OutboxHost;

  constructor(parts: SenderParts, host: OutboxHost) {
    this.#parts = parts;
    this.#host = host;
    this.outbox = this.createOutbox(parts, host);
  }

  protected createOutbox(parts: SenderParts, host: OutboxHost): Outbox {
    return new Outbox(parts, host);
  }

  /** Whether an event sent now may be delayed past this turn, so that its payload must be copied. */
  get isDeferring(): boolean {
    return !this.isOpen || this.hello === undefined;
  }

  /** How many events have been handed over or given up, or will be before what is sent next. */
  get events(): number {
    const { traffic } = this.#parts;
    return traffic.handedOver + traffic.of("tooLarge") + this.outbox.queue.events;
  }

  /** Asks for the answer to a flush. */
  askForAnswer(ref: string): void {
    this.sendControl({ kind: "ping", ref });
  }

  /** Asks for a sign of life, ahead of all that waits. */
  askForLife(): void {
    this.sendControl({ kind: "ping", ref: LIVENESS_REF }, true);
  }

  /** The hello of this end, with the members that not every end has. */
  ownHello(members?: LinkHello | { readonly history: boolean }): Control {
    const { bounds, codec } = this.#parts;
    const { maxFrameBytes, heartbeatMs } = bounds;
    return helloControl({ maxFrameBytes, heartbeatMs, deflate: codec.deflates, ...members });
  }

  /** Encodes an event for this peer alone. Reports an event that cannot be encoded, and returns `undefined`. */
  encode(envelope: EventEnvelope, via?: Via): EncodedEnvelope | undefined {
    const { codec, reporter } = this.#parts;
    try {
      return codec.encode(envelope, false, { deferred: this.isDeferring, multicast: false, via });
    } catch (error) {
      this.#parts.traffic.add("encode");
      reporter.report("encode", error, topicOfEnvelope(envelope));
      return undefined;
    }
  }

  /**
   * Sends an event that the same codec encoded. An event that is too large, or exceeds what can wait, is reported.
   *
   * @param first Whether it overtakes everything that waits; the wire must be open.
   */
  send(event: EncodedEnvelope, first = false): void {
    const { bytes, type, id } = event;
    if (bytes > this.outbox.queue.maxFrameBytes && (first || this.isLimitKnown)) {
      return this.reportTooLarge(event);
    }
    if (!this.hasRoom(bytes)) {
      const { bounds: { maxBufferedBytes }, reporter } = this.#parts;
      return reporter.reportDropped(maxBufferedBytes, topicOf(type, id));
    }
    if (first) this.outbox.sendFirst(event);
    else this.outbox.push(event);
  }

  /**
   * Sends a control.
   *
   * @param first Whether it overtakes everything that waits; the wire must be open. By default, it overtakes the events
   * that wait for the preparation, unless it is a ping.
   */
  sendControl(control: Control, first = this.isPreparing && control.kind !== "ping"): void {
    if (this.stopped) return;
    const encoded = this.encodeControl(control);
    if (encoded === undefined) return;
    if (first) this.outbox.sendFirst(encoded);
    else this.outbox.push(encoded);
  }

  /**
   * Gives a sign of life, ahead of all that waits. If the wire has no room, one sign of life stands for all that follow:
   * a peer that sends pings and never reads fills no memory.
   */
  sendSignOfLife(): void {
    if (this.stopped) return;
    const pong = this.encodeControl({ kind: "pong", ref: LIVENESS_REF });
    if (pong === undefined) return;
    if (this.isPreparing) this.outbox.sendFirst(pong);
    else this.outbox.sendNext(pong);
  }

  /** Answers a flush, or reports that there is no room for the answer. */
  answerFlush(ref: string): void {
    if (this.hasRoom(0)) return this.sendControl({ kind: "pong", ref });
    const { bounds: { maxBufferedBytes }, reporter } = this.#parts;
    const error = new Error(`Cannot buffer more than ${maxBufferedBytes} bytes: a ping was not answered`);
    reporter.report("backpressure", error);
  }

  /** Sends what has waited for the wire and its preparation. */
  open(): void {
    this.isPreparing = false;
    this.isOpen = true;
    this.outbox.open();
  }

  /** Adopts the peer's capabilities. Events that waited for them leave with the next flush. */
  applyHello(hello: Hello): void {
    this.hello = hello;
    this.outbox.queue.applyHello(hello);
    this.dropTooLarge();
  }

  /** Sends nothing more. Returns how many events were lost while they were being sent, and how many wait. */
  stop(): { lost: number; waiting: number } {
    this.stopped = true;
    return this.outbox.stop();
  }

  /** Whether the peer has said how large a frame it accepts, or will not say it any more. */
  protected get isLimitKnown(): boolean {
    return this.hello !== undefined;
  }

  /** Whether an event of so many bytes can wait. */
  protected hasRoom(bytes: number): boolean {
    return !this.outbox.exceeds(this.#parts.bounds.maxBufferedBytes - bytes);
  }

  /** The peer has closed the connection over a frame that is too large: one that said less can only mean the largest. */
  reportLargest(): void {
    const { largest } = this.outbox;
    if (largest === undefined) return;
    const { type, id, bytes } = largest;
    const message = `The peer accepts no event as large as this one of ${bytes} bytes, which may be lost`;
    this.#parts.reporter.report("encode", new RangeError(message), topicOf(type, id));
  }

  /** Drops the events that wait and are larger than the peer accepts. */
  protected dropTooLarge(): void {
    for (const event of this.outbox.queue.takeTooLarge()) this.reportTooLarge(event);
  }

  protected reportTooLarge({ bytes, type, id }: EncodedEnvelope): void {
    const { reporter, traffic } = this.#parts;
    traffic.add("tooLarge");
    const message =
      `Cannot send an event of ${bytes} bytes: the peer accepts ${this.outbox.queue.maxFrameBytes}`;
    reporter.report("encode", new RangeError(message), topicOf(type, id));
  }

  /** Without the control, the peer would wait for an answer forever: a codec that throws at it ends the session. */
  encodeControl(control: Control): EncodedEnvelope | undefined {
    try {
      return this.#parts.codec.encode(controlEnvelope(control), true);
    } catch (error) {
      queueMicrotask(() => this.#host.fail(error));
      return undefined;
    }
  }
}
