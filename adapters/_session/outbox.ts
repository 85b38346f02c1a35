import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";
import type { Hello } from "../_wire/frame.ts";
import type { Wire } from "../_wire/wire.ts";
import { Batch } from "./batch.ts";
import { BufferedBytes } from "./buffered_bytes.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./options.ts";
import type { PeerPolicy } from "./peer_policy.ts";
import type { SessionParts } from "./session_parts.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** The size up to which envelopes share a frame, in bytes. A single envelope can be larger. */
export const MAX_SHARED_FRAME_BYTES = 64 * 1024;

const EMPTY = new Batch([]);

/** The owner of an {@linkcode Outbox}. */
export interface OutboxHost {
  /** Whether a frame can be sent now. If not, the host ends the session. */
  maySend(bytes: number, isControl: boolean): boolean;
  /** Ends the session: the wire threw at a frame. Called in a microtask, since the sender has not returned yet. */
  fail(error: unknown): void;
}

/**
 * The queue of one wire. Envelopes of the same turn of the event loop share frames, which leave in a microtask, or at
 * once when they are full: batching adds no latency.
 */
export class Outbox {
  /** The bytes that the wire buffers. */
  readonly bufferedBytes: BufferedBytes;
  readonly #wire: Wire;
  readonly #codec: Codec;
  readonly #peer: PeerPolicy;
  readonly #host: OutboxHost;
  #readsBatches: boolean;
  #deflates = false;
  #maxFrameBytes: number;
  /** Envelopes from `#head` to `#end` wait; those before them were sent. */
  #batch: Batch = EMPTY;
  #head = 0;
  #end = 0;
  #bytes = 0;
  /** The events that are being sent, or were when the wire broke. */
  #sending = 0;
  /** The wire threw at a frame. */
  #broken = false;
  #paused = true;
  #scheduled = false;

  constructor({ wire, codec, peer }: Omit<SessionParts, "bounds">, host: OutboxHost) {
    this.#wire = wire;
    this.bufferedBytes = new BufferedBytes(wire);
    this.#codec = codec;
    this.#peer = peer;
    this.#host = host;
    this.#readsBatches = peer.speaksProtocol;
    this.#maxFrameBytes = peer.assumedMaxFrameBytes;
  }

  /** The bytes that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of envelopes that wait here. */
  get size(): number {
    return this.#end - this.#head;
  }

  /** The largest frame that the peer accepts, in bytes. A larger event waits, and so does everything behind it. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Adopts the capabilities of the peer for everything that is sent from now on. */
  applyHello({ batch, deflate, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES }: Hello): void {
    this.#readsBatches = batch;
    this.#deflates = deflate === true && this.#codec.deflates === true;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Appends an envelope. */
  push(envelope: EncodedEnvelope): void {
    const { immediate = false } = envelope;
    if (!this.#paused && (immediate || !this.#fits(this.size + 1, this.#bytes + envelope.bytes))) {
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
    return !this.#peer.keepsEvents || this.#wire.state === "open";
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
    this.#bytes += envelope.bytes;
  }

  readonly #onMicrotask = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  /** Removes the first envelopes, as many as share a frame. */
  #takeFrame(): Batch {
    const { size } = this;
    const batch = this.#batch;
    const isWhole = size === batch.envelopes.length && (size === 1 || this.#fits(size, this.#bytes));
    const frame = isWhole ? batch : new Batch(this.#first());
    this.#head += frame.envelopes.length;
    this.#bytes -= frame.bytes;
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
    this.#bytes = 0;
  }

  #isTooLarge({ bytes, control }: EncodedEnvelope): boolean {
    return !control && bytes > this.#maxFrameBytes;
  }

  /** Whether a frame can hold this many envelopes of this many bytes. */
  #fits(count: number, bytes: number): boolean {
    // The envelopes of a frame stand in brackets, with commas between them.
    return this.#readsBatches && count <= MAX_FRAME_ENVELOPES &&
      bytes + count + 1 <=
        Math.min(this.#codec.maxSharedFrameBytes ?? MAX_SHARED_FRAME_BYTES, this.#maxFrameBytes);
  }

  #send(batch: Batch): boolean {
    const { bytes, events } = batch;
    // If the session ends here, these events are lost.
    this.#sending = events;
    try {
      if (!this.#host.maySend(bytes, events === 0)) return false;
      this.#wire.send(batch.frame(this.#codec, this.#deflates));
    } catch (error) {
      this.#broken = true;
      queueMicrotask(() => this.#host.fail(error));
      return false;
    }
    this.#sending = 0;
    // At most: a comma for each envelope, the brackets, and the length ahead of the frame.
    this.bufferedBytes.add(bytes + batch.envelopes.length + 5);
    return true;
  }
}
