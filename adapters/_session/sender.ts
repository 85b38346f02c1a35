import { topicOf } from "../../core/topic.ts";
import type { ErrorContext, ErrorStage } from "../../core/types.ts";
import { type Control, controlEnvelope, type Hello, helloControl } from "../_wire/frame.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import { DEFAULT_MAX_FRAME_BYTES, MIN_FRAME_BYTES, type SessionOptions } from "./options.ts";
import type { Wire } from "../_wire/wire.ts";
import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";

/** Who is asked and told by an {@linkcode Sender}. */
export interface SenderHost extends Pick<OutboxOwner, "admit"> {
  /** How many events were dropped since more waited than may; it counts on where one wire takes another's place. */
  dropped: number;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string, extra?: Pick<ErrorContext, "dropped">): void;
}

/** What one end of a wire sends: in order, no more than may wait, and nothing larger than the far end accepts. */
export abstract class Sender<TBody, TFrame> {
  protected readonly wire: Wire<TFrame>;
  protected readonly codec: Codec<TBody, TFrame>;
  protected readonly bounds: Required<SessionOptions>;
  protected readonly outbox: Outbox<TBody, TFrame>;
  protected readonly toHub: boolean;
  /** The wire is open, and its owner prepares it. */
  protected opening = false;
  /** What waited for the wire has been let go; it stays so. */
  protected released = false;
  protected isEnded = false;
  readonly #owner: SenderHost;
  #hello: Hello | undefined;

  /**
   * @param wire Where frames go.
   * @param codec How envelopes become frames.
   * @param bounds The bounds.
   * @param owner Who decides and hears.
   * @param toHub Whether the far end is a hub. It speaks the whole protocol and answers a hello with its own.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    bounds: Required<SessionOptions>,
    owner: SenderHost,
    toHub: boolean,
  ) {
    this.wire = wire;
    this.codec = codec;
    this.bounds = bounds;
    this.#owner = owner;
    this.toHub = toHub;
    const outboxOwner: OutboxOwner = {
      admit: (bytes, control) => owner.admit(bytes, control),
      onSendFault: (error) => this.fail(error),
      // A socket swallows what it is given while it closes. A spoke is dropped with all that waits, so that it may.
      canSend: () => !toHub || wire.state === "open",
    };
    // A larger event waits for the hub's word. A bare client never gives its own.
    const maxFrameBytes = toHub ? MIN_FRAME_BYTES : DEFAULT_MAX_FRAME_BYTES;
    this.outbox = new Outbox(wire, codec, outboxOwner, toHub, maxFrameBytes);
  }

  /** Ends the wire over a fault of this side. */
  abstract fail(error: unknown): void;

  /** What the far end said of itself, once it did. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** What this end says of itself. A hub does not say whether it wants what it published. */
  ownHello(echo?: boolean): Control {
    return helloControl(this.bounds.maxFrameBytes, echo, this.codec.deflates);
  }

  /** Whether the conversation is over. */
  get ended(): boolean {
    return this.isEnded;
  }

  /** Whether what is sent now may leave later than in this turn of the event loop. */
  get sendsLater(): boolean {
    return !this.released || (this.toHub && this.#hello === undefined);
  }

  /** How many bytes the wire has not let go of. */
  get wireBufferedBytes(): number {
    return this.wire.bufferedBytes;
  }

  /** Whether the wire has not let go of more than a number of bytes. */
  wireBuffersMoreThan(bytes: number): boolean {
    return this.outbox.bufferedBytes.exceed(bytes);
  }

  /**
   * Sends an event that was encoded by the same codec; one that is too large, or too much, is reported.
   *
   * @param event The event.
   * @param first Whether it goes before all that waits; only while the wire is open.
   */
  send(event: EncodedEnvelope<TBody>, first = false): void {
    const { bytes, type, id } = event;
    // A spoke may still say more before it opens, and a hub answers with its word.
    const known = this.#hello !== undefined || (!this.toHub && this.released);
    if (bytes > this.outbox.maxFrameBytes && (first || known)) return this.#reportTooLarge(event);
    // A spoke that is slow once it is connected is dropped instead, with all that waits.
    if ((this.toHub || !this.released) && this.#buffersMoreThan(this.bounds.maxBufferedBytes - bytes)) {
      const dropped = ++this.#owner.dropped;
      const error = this.#fullError("the event was dropped");
      return this.#owner.report("backpressure", error, topicOf(type, id), { dropped });
    }
    if (first) this.outbox.sendFirst(event);
    else this.outbox.push(event);
  }

  /** Sends a control after all that waits, unless that waits for the owner, whom only a flush is about. */
  sendControl(control: Control): void {
    if (this.opening && control.kind !== "ping") this.sendControlFirst(control);
    else if (!this.isEnded) this.outbox.push(this.#encode(control));
  }

  /** Sends a control about several things; as several ones where one would be larger than the peer accepts. */
  sendControlOf<TItem>(items: readonly TItem[], toControl: (items: readonly TItem[]) => Control): void {
    if (this.isEnded) return;
    const control = this.#encode(toControl(items));
    if (control.bytes <= this.outbox.maxFrameBytes || items.length < 2) return this.outbox.push(control);
    const middle = items.length >> 1;
    this.sendControlOf(items.slice(0, middle), toControl);
    this.sendControlOf(items.slice(middle), toControl);
  }

  /** Sends a control before all that waits; only while the wire is open. */
  sendControlFirst(control: Control): void {
    if (!this.isEnded) this.outbox.sendFirst(this.#encode(control));
  }

  /** Answers a question of the far end's, unless it asks without reading the answers: they must not fill the memory. */
  protected answer(ref: string): void {
    if (!this.#buffersMoreThan(this.bounds.maxBufferedBytes)) this.sendControl({ kind: "pong", ref });
    else if (this.#owner.admit(0, true)) {
      this.#owner.report("backpressure", this.#fullError("a ping was not answered"));
    }
  }

  /** Lets go of what waited for the wire. */
  protected release(): void {
    this.opening = false;
    this.released = true;
    if (!this.toHub) this.#reportAllTooLarge();
    this.outbox.release();
  }

  /** Takes the far end at its word, and sends what waited for that. */
  protected heed(hello: Hello): void {
    this.#hello = hello;
    this.outbox.takesBatches = hello.batch;
    this.outbox.deflate = hello.deflate === true && this.codec.deflates === true;
    this.outbox.maxFrameBytes = hello.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    if (this.toHub || this.released) this.#reportAllTooLarge();
  }

  /** Whether more than a number of bytes wait to leave, here and in the wire. */
  #buffersMoreThan(bytes: number): boolean {
    return this.outbox.bufferedBytes.exceed(bytes - this.outbox.bytes);
  }

  #fullError(consequence: string): Error {
    return new Error(`Cannot buffer more than ${this.bounds.maxBufferedBytes} bytes: ${consequence}`);
  }

  #reportAllTooLarge(): void {
    for (const event of this.outbox.takeTooLarge()) this.#reportTooLarge(event);
  }

  #reportTooLarge({ bytes, type, id }: EncodedEnvelope<TBody>): void {
    const { maxFrameBytes } = this.outbox;
    const message = `Cannot send an event of ${bytes} bytes: the peer accepts ${maxFrameBytes}`;
    this.#owner.report("encode", new RangeError(message), topicOf(type, id));
  }

  #encode(control: Control): EncodedEnvelope<TBody> {
    return this.codec.encode(controlEnvelope(control), true);
  }
}
