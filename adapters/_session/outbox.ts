import { Batch } from "./batch.ts";
import type { Wire } from "../_wire/wire.ts";
import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";
import { BufferedBytes } from "./buffered_bytes.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** The size up to which envelopes share a frame, in bytes. A single envelope may be larger. */
export const MAX_SHARED_FRAME_BYTES = 64 * 1024;

const NOTHING = new Batch<never, never>([]);

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
  takesBatches: boolean;
  /** Whether frames are deflated for the peer. */
  deflate = false;
  /** The largest frame that the peer accepts, in bytes. A larger event waits, and all behind it. */
  maxFrameBytes: number;
  /** How much the wire has not let go of. */
  readonly bufferedBytes: BufferedBytes;
  readonly #wire: Wire<TFrame>;
  readonly #codec: Codec<TBody, TFrame>;
  readonly #owner: OutboxOwner;
  /** What waits is from `#head` to `#end` in it; what is in front of that was handed over. */
  #batch: Batch<TBody, TFrame> = NOTHING;
  #head = 0;
  #end = 0;
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
   * @param takesBatches Whether the peer is known to understand frames of several envelopes.
   * @param maxFrameBytes What to assume of the peer until it says.
   */
  constructor(
    wire: Wire<TFrame>,
    codec: Codec<TBody, TFrame>,
    owner: OutboxOwner,
    takesBatches: boolean,
    maxFrameBytes: number,
  ) {
    this.#wire = wire;
    this.bufferedBytes = new BufferedBytes(wire);
    this.#codec = codec;
    this.#owner = owner;
    this.takesBatches = takesBatches;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** How many bytes wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many envelopes wait here. */
  get size(): number {
    return this.#end - this.#head;
  }

  /**
   * Appends an envelope.
   *
   * @param envelope The envelope.
   */
  push(envelope: EncodedEnvelope<TBody>): void {
    const { immediate = false } = envelope;
    if (!this.#held && (immediate || !this.#fit(this.size + 1, this.#bytes + envelope.bytes))) this.flush();
    this.#append(envelope);
    if (immediate) return this.flush();
    if (this.#held || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#onMicrotask);
  }

  /**
   * Hands one envelope over before all that waits.
   *
   * @param envelope The envelope.
   */
  sendFirst(envelope: EncodedEnvelope<TBody>): void {
    if (!this.#broken) this.#send(new Batch([envelope]));
  }

  /** Starts to hand over, now that the wire is open. */
  release(): void {
    this.#held = false;
    this.flush();
  }

  /** Hands over all that waits, in as few frames as the bounds allow. */
  flush(): void {
    while (!this.#held && !this.#broken && this.#owner.canSend()) {
      const next = this.#batch.envelopes[this.#head];
      if (this.size === 0 || next === undefined || this.#isTooLarge(next) || !this.#send(this.#takeFrame())) {
        return;
      }
    }
  }

  /**
   * Takes out the events that are larger than the peer accepts.
   *
   * @returns Them.
   */
  takeTooLarge(): readonly EncodedEnvelope<TBody>[] {
    const waiting = this.#waiting();
    const tooLarge = waiting.filter((envelope) => this.#isTooLarge(envelope));
    this.#reset();
    for (const envelope of waiting) if (!this.#isTooLarge(envelope)) this.#append(envelope);
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
  takeEvents(): readonly EncodedEnvelope<TBody>[] {
    const events = this.#events();
    this.#reset();
    return events;
  }

  #events(): EncodedEnvelope<TBody>[] {
    return this.#waiting().filter(({ control }) => !control);
  }

  #waiting(): EncodedEnvelope<TBody>[] {
    return this.#batch.envelopes.slice(this.#head, this.#end);
  }

  #append(envelope: EncodedEnvelope<TBody>): void {
    if (this.#end === 0) {
      // Cast: an envelope crosses wires of one kind, that of the codec that made it.
      this.#batch = (envelope.batch ??= new Batch([envelope])) as Batch<TBody, TFrame>;
    } else if (!this.#batch.take(this.#end, envelope)) {
      this.#batch = new Batch([...this.#batch.envelopes.slice(0, this.#end), envelope]);
    }
    this.#end++;
    this.#bytes += envelope.bytes;
  }

  readonly #onMicrotask = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Takes out the first envelopes, as many as share a frame. */
  #takeFrame(): Batch<TBody, TFrame> {
    const { size } = this;
    const batch = this.#batch;
    const isWhole = size === batch.envelopes.length && (size === 1 || this.#fit(size, this.#bytes));
    const frame = isWhole ? batch : new Batch<TBody, TFrame>(this.#first());
    this.#head += frame.envelopes.length;
    this.#bytes -= frame.bytes;
    if (this.size === 0) this.#reset();
    return frame;
  }

  /** The first envelopes that share a frame; it is one at least. */
  #first(): EncodedEnvelope<TBody>[] {
    // No more of a long queue than can be in the frame.
    const most = this.#head + (this.takesBatches ? MAX_FRAME_ENVELOPES : 1);
    const first = this.#batch.envelopes.slice(this.#head, Math.min(most, this.#end));
    let bytes = 0;
    const count = first.findIndex((envelope, place) => {
      bytes += envelope.bytes;
      return place > 0 && !this.#fit(place + 1, bytes);
    });
    return count < 0 ? first : first.slice(0, count);
  }

  #reset(): void {
    this.#batch = NOTHING;
    this.#head = 0;
    this.#end = 0;
    this.#bytes = 0;
  }

  #isTooLarge({ bytes, control }: EncodedEnvelope<TBody>): boolean {
    return !control && bytes > this.maxFrameBytes;
  }

  /** Whether so many envelopes of so many bytes may share a frame. */
  #fit(count: number, bytes: number): boolean {
    // A frame of several has its brackets and the commas between them.
    return this.takesBatches && count <= MAX_FRAME_ENVELOPES &&
      bytes + count + 1 <=
        Math.min(this.#codec.maxSharedFrameBytes ?? MAX_SHARED_FRAME_BYTES, this.maxFrameBytes);
  }

  #send(batch: Batch<TBody, TFrame>): boolean {
    const { bytes, events } = batch;
    // Should the wire be lost over them, they are too.
    this.#sending = events;
    try {
      if (!this.#owner.admit(bytes, events === 0)) return false;
      this.#wire.send(batch.frame(this.#codec, this.deflate));
    } catch (error) {
      this.#broken = true;
      queueMicrotask(() => this.#owner.onSendFault(error));
      return false;
    }
    this.#sending = 0;
    // At most: a comma an envelope, the brackets, and the length before the frame.
    this.bufferedBytes.add(bytes + batch.envelopes.length + 5);
    return true;
  }
}
