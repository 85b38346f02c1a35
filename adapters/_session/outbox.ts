import type { EncodedEnvelope } from "../_wire/codec.ts";
import type { Hello } from "../_wire/frame.ts";
import { Batch } from "./batch.ts";
import { BufferedBytes } from "./buffered_bytes.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./options.ts";
import type { SessionParts } from "./parts.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** The size up to which envelopes share a frame, in bytes. A single envelope can be larger. */
export const MAX_SHARED_FRAME_BYTES = 64 * 1024;

const EMPTY = /* @__PURE__ */ new Batch([]);

type OutboxParts = Pick<SessionParts, "wire" | "codec" | "peer" | "guard">;

/**
 * The queue of one wire. Envelopes of the same turn of the event loop share frames, which leave in a microtask, or at
 * once when they are full: batching adds no latency.
 */
export class Outbox {
  /** The bytes that the wire buffers. */
  readonly bufferedBytes: BufferedBytes;
  /** The largest frame that the peer accepts, in bytes. A larger event waits, and so does everything behind it. */
  maxFrameBytes: number;
  /** The bytes that wait here. */
  bytes = 0;
  readonly #parts: OutboxParts;
  readonly #fail: (error: unknown) => void;
  #readsBatches: boolean;
  #deflates = false;
  /** Envelopes from `#head` to `#end` wait; those before them were sent. */
  #batch: Batch = EMPTY;
  #head = 0;
  #end = 0;
  /** The events that are being sent, or were when the wire broke. */
  #sending = 0;
  /** The wire threw at a frame. */
  #broken = false;
  #paused = true;
  #scheduled = false;

  /** @param fail Called in a microtask with what the wire threw at a frame, since the sender has not returned yet. */
  constructor(parts: OutboxParts, fail: (error: unknown) => void) {
    const { wire, peer } = parts;
    this.#parts = parts;
    this.#fail = fail;
    this.bufferedBytes = new BufferedBytes(wire);
    this.#readsBatches = peer.speaksProtocol;
    this.maxFrameBytes = peer.assumedMaxFrameBytes;
  }

  /** The number of envelopes that wait here. */
  get size(): number {
    return this.#end - this.#head;
  }

  /** Adopts the capabilities of the peer for everything that is sent from now on. */
  applyHello({ batch, deflate, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES }: Hello): void {
    this.#readsBatches = batch;
    this.#deflates = deflate === true && this.#parts.codec.deflates === true;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Appends an envelope. */
  push(envelope: EncodedEnvelope): void {
    const { immediate = false } = envelope;
    if (!this.#paused && (immediate || !this.#fits(this.size + 1, this.bytes + envelope.bytes))) {
      this.flush();
    }
    this.#append(envelope);
    if (immediate) return this.flush();
    if (this.#paused || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#onMicrotask);
  }

  /** Sends an envelope ahead of everything that waits. The wire must be open. */
  sendFirst(envelope: EncodedEnvelope): void {
    if (!this.#broken) this.#send(new Batch([envelope]));
  }

  /** Starts to send, now that the wire is open. */
  open(): void {
    this.#paused = false;
    this.flush();
  }

  /** Sends everything that waits, in as few frames as the bounds allow. */
  flush(): void {
    while (this.size > 0 && !this.#paused && !this.#broken && this.#canArrive()) {
      const next = this.#batch.envelopes[this.#head];
      if (next === undefined || this.#isTooLarge(next) || !this.#send(this.#takeFrame())) return;
    }
  }

  /** Removes and returns the events that are larger than the peer accepts. */
  takeTooLarge(): readonly EncodedEnvelope[] {
    const waiting = this.#waiting();
    const tooLarge = waiting.filter((envelope) => this.#isTooLarge(envelope));
    this.#reset();
    for (const envelope of waiting) if (!this.#isTooLarge(envelope)) this.#append(envelope);
    return tooLarge;
  }

  /** Sends nothing more. Returns how many events were lost while they were being sent, and how many wait. */
  stop(): { lost: number; waiting: number } {
    this.#paused = true;
    return { lost: this.#sending, waiting: this.#events().length };
  }

  /** Removes everything that waits, and returns its events: controls mean nothing to another peer. */
  takeEvents(): readonly EncodedEnvelope[] {
    const events = this.#events();
    this.#reset();
    return events;
  }

  /** A wire that closes loses what it is sent. */
  #canArrive(): boolean {
    const { peer, wire } = this.#parts;
    return !peer.keepsEvents || wire.state === "open";
  }

  #events(): EncodedEnvelope[] {
    return this.#waiting().filter(({ control }) => !control);
  }

  #waiting(): EncodedEnvelope[] {
    return this.#batch.envelopes.slice(this.#head, this.#end);
  }

  #append(envelope: EncodedEnvelope): void {
    if (this.#end === 0) {
      // Cast: only outboxes use this slot.
      this.#batch = (envelope.batch ??= new Batch([envelope])) as Batch;
    } else if (!this.#batch.extend(this.#end, envelope)) {
      this.#batch = new Batch([...this.#batch.envelopes.slice(0, this.#end), envelope]);
    }
    this.#end++;
    this.bytes += envelope.bytes;
  }

  readonly #onMicrotask = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Removes the first envelopes, as many as share a frame. */
  #takeFrame(): Batch {
    const { size } = this;
    const batch = this.#batch;
    const isWhole = size === batch.envelopes.length && (size === 1 || this.#fits(size, this.bytes));
    const frame = isWhole ? batch : new Batch(this.#first());
    this.#head += frame.envelopes.length;
    this.bytes -= frame.bytes;
    if (this.size === 0) this.#reset();
    return frame;
  }

  /** The first envelopes that share a frame; at least one. */
  #first(): EncodedEnvelope[] {
    // Copies no more of a long queue than a frame can hold.
    const most = this.#head + (this.#readsBatches ? MAX_FRAME_ENVELOPES : 1);
    const first = this.#batch.envelopes.slice(this.#head, Math.min(most, this.#end));
    let bytes = 0;
    const count = first.findIndex((envelope, place) => {
      bytes += envelope.bytes;
      return place > 0 && !this.#fits(place + 1, bytes);
    });
    return count < 0 ? first : first.slice(0, count);
  }

  #reset(): void {
    this.#batch = EMPTY;
    this.#head = 0;
    this.#end = 0;
    this.bytes = 0;
  }

  #isTooLarge({ bytes, control }: EncodedEnvelope): boolean {
    return !control && bytes > this.maxFrameBytes;
  }

  /** Whether a frame can hold this many envelopes of this many bytes. */
  #fits(count: number, bytes: number): boolean {
    // The envelopes of a frame stand in brackets, with commas between them.
    return this.#readsBatches && count <= MAX_FRAME_ENVELOPES &&
      bytes + count + 1 <=
        Math.min(this.#parts.codec.maxSharedFrameBytes ?? MAX_SHARED_FRAME_BYTES, this.maxFrameBytes);
  }

  #send(batch: Batch): boolean {
    const { bytes, events } = batch;
    // If the session ends here, these events are lost.
    this.#sending = events;
    const { wire, codec, guard } = this.#parts;
    try {
      if (guard?.maySend(bytes, events === 0) === false) return false;
      wire.send(batch.frame(codec, this.#deflates));
    } catch (error) {
      this.#broken = true;
      queueMicrotask(() => this.#fail(error));
      return false;
    }
    this.#sending = 0;
    // At most: a comma for each envelope, the brackets, and the length ahead of the frame.
    this.bufferedBytes.add(bytes + batch.envelopes.length + 5);
    return true;
  }
}
