import type { Codec, Encoded, Wire } from "./wire.ts";
import { WireGauge } from "./wire_gauge.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** The size up to which envelopes share a frame, in bytes. A single envelope may be larger. */
export const MAX_SHARED_FRAME_BYTES = 64 * 1024;

/** What an {@linkcode Outbox} asks its owner. */
export interface OutboxOwner {
  /** A frame is about to be handed over. Returns whether it may; the owner has seen to the end if not. */
  admit(bytes: number, control: boolean): boolean;
  /** The wire would not take a frame: it is lost. Told in a microtask, since whoever sends is in the midst of it. */
  onSendFault(error: unknown): void;
  /** Whether what is handed over now can arrive. Until it can, it waits. */
  canSend(): boolean;
}

/**
 * What waits to cross one wire, in order. Envelopes of the same turn of the event loop share frames, which are handed
 * over in a microtask, or at once when they are full: batching adds no latency.
 */
export class Outbox<TBody, TFrame> {
  /** Whether the peer understands frames of several envelopes. */
  batch: boolean;
  /** The largest frame that the peer accepts, in bytes. A larger event waits, and all behind it. */
  maxFrameBytes: number;
  /** How much the wire has not let go of. */
  readonly wireGauge: WireGauge;
  readonly #wire: Wire<TFrame>;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #owner: OutboxOwner;
  #queue: Encoded<TBody>[] = [];
  /** Where the queue starts: what is in front of it was handed over. */
  #head = 0;
  #bytes = 0;
  /** How many events are being handed over, or were when the wire broke over them. */
  #sending = 0;
  /** The wire would not take a frame. */
  #broken = false;
  /** Nothing is handed over before the wire is open and its owner has said what comes first. */
  #held = true;
  #scheduled = false;

  /**
   * @param wire Where frames go.
   * @param codec How envelopes become frames.
   * @param owner Who decides and hears.
   * @param batch Whether the peer is known to understand frames of several envelopes.
   * @param maxFrameBytes What to assume of the peer until it says.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    owner: OutboxOwner,
    batch: boolean,
    maxFrameBytes: number,
  ) {
    this.#wire = wire;
    this.wireGauge = new WireGauge(wire);
    this.#codec = codec;
    this.#owner = owner;
    this.batch = batch;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** How many bytes wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many envelopes wait here. */
  get size(): number {
    return this.#queue.length - this.#head;
  }

  /**
   * Appends an envelope.
   *
   * @param envelope The envelope.
   */
  push(envelope: Encoded<TBody>): void {
    const { atOnce = false } = envelope;
    if (
      !this.#held && this.size > 0 && (atOnce || !this.#fits(this.size, this.#bytes, envelope))
    ) this.flush();
    this.#queue.push(envelope);
    this.#bytes += envelope.bytes;
    if (atOnce) return this.flush();
    if (this.#held || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#onMicrotask);
  }

  /**
   * Hands one envelope over before all that waits.
   *
   * @param envelope The envelope.
   */
  sendFirst(envelope: Encoded<TBody>): void {
    if (!this.#broken) this.#send([envelope]);
  }

  /** Starts to hand over, now that the wire is open. */
  release(): void {
    this.#held = false;
    this.flush();
  }

  /** Hands over all that waits, in as few frames as the bounds allow. */
  flush(): void {
    while (!this.#held && !this.#broken && this.#owner.canSend()) {
      const next = this.#queue[this.#head];
      if (next === undefined || this.#isTooLarge(next) || !this.#send(this.#takeFrame())) return;
    }
  }

  /**
   * Takes out the events that are larger than the peer accepts.
   *
   * @returns Them.
   */
  takeTooLarge(): readonly Encoded<TBody>[] {
    const waiting = this.#queue.slice(this.#head);
    const tooLarge = waiting.filter((envelope) => this.#isTooLarge(envelope));
    this.#queue = waiting.filter((envelope) => !this.#isTooLarge(envelope));
    this.#head = 0;
    for (const { bytes } of tooLarge) this.#bytes -= bytes;
    return tooLarge;
  }

  /**
   * Hands nothing over any more.
   *
   * @returns How many events are lost, since they were being handed over, and how many wait.
   */
  stop(): { lost: number; waiting: number } {
    this.#held = true;
    return { lost: this.#sending, waiting: this.#events().length };
  }

  /**
   * Takes out all that waits.
   *
   * @returns The events among it; controls mean nothing to another peer.
   */
  takeEvents(): readonly Encoded<TBody>[] {
    const events = this.#events();
    this.#reset();
    this.#bytes = 0;
    return events;
  }

  #events(): Encoded<TBody>[] {
    return this.#queue.slice(this.#head).filter(({ control }) => !control);
  }

  readonly #onMicrotask = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Takes the first envelopes off the queue, as many as share a frame. */
  #takeFrame(): Encoded<TBody>[] {
    const start = this.#head;
    let bytes = 0;
    while (this.#head < this.#queue.length) {
      const envelope = this.#queue[this.#head];
      if (
        envelope === undefined || (this.#head > start && !this.#fits(this.#head - start, bytes, envelope))
      ) break;
      bytes += envelope.bytes;
      this.#head++;
    }
    this.#bytes -= bytes;
    const all = start === 0 && this.#head === this.#queue.length;
    const frame = all ? this.#queue : this.#queue.slice(start, this.#head);
    if (this.size === 0) this.#reset();
    return frame;
  }

  #reset(): void {
    this.#queue = [];
    this.#head = 0;
  }

  #isTooLarge({ bytes, control }: Encoded<TBody>): boolean {
    return !control && bytes > this.maxFrameBytes;
  }

  /** Whether an envelope may join a frame that holds others already. */
  #fits(count: number, bytes: number, envelope: Encoded<TBody>): boolean {
    // A frame of several has its brackets and a comma an envelope.
    const size = bytes + envelope.bytes + count + 2;
    return this.batch && count < MAX_FRAME_ENVELOPES &&
      size <= Math.min(this.#codec.maxSharedFrameBytes ?? MAX_SHARED_FRAME_BYTES, this.maxFrameBytes);
  }

  #send(envelopes: readonly Encoded<TBody>[]): boolean {
    let bytes = 0;
    let events = 0;
    for (const envelope of envelopes) {
      bytes += envelope.bytes;
      if (!envelope.control) events++;
    }
    // Should the wire be lost over them, they are too.
    this.#sending = events;
    try {
      if (!this.#owner.admit(bytes, events === 0)) return false;
      this.#wire.send(this.#codec.join(envelopes));
    } catch (error) {
      this.#broken = true;
      queueMicrotask(() => this.#owner.onSendFault(error));
      return false;
    }
    this.#sending = 0;
    // At most: a comma an envelope, the brackets, and the length before the frame.
    this.wireGauge.add(bytes + envelopes.length + 5);
    return true;
  }
}
