import { Queue } from "../../core/queue.ts";
import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";
import type { Hello } from "../_wire/frame.ts";
import { DEFAULT_MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "./options.ts";
import { PlainBatch, type QueuedFrame } from "./plain_batch.ts";
import { costOf } from "./send_window.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** The size up to which envelopes share a frame, in bytes. A single envelope can be larger. */
export const MAX_SHARED_FRAME_BYTES = 64 * 1024;

/** The assumptions about a peer until it has said hello. */
export interface AssumedPeer {
  /** Whether it says hello, and reads frames of several envelopes and answers pings before. A bare client may not. */
  readonly speaksProtocol: boolean;
  /** The largest frame that it accepts, in bytes. */
  readonly assumedMaxFrameBytes: number;
}

/** Envelopes that wait for one peer, in as few frames as the bounds allow. */
export class PlainQueue {
  #maxFrameBytes = 0;
  /** The size up to which envelopes share a frame, in bytes. */
  protected sharedFrameBytes = 0;
  #size = 0;
  #events = 0;
  #bytes = 0;
  readonly #codec: Codec;
  protected readsBatches: boolean;
  #deflates = false;
  /** The frames that are complete, once there were any. */
  #frames: Queue<QueuedFrame> | undefined;
  /** Behind them wait the first `length` envelopes of this batch, if there is one, and more can follow. */
  protected batch: PlainBatch | undefined;
  protected length = 0;
  protected batchBytes = 0;

  constructor(codec: Codec, { speaksProtocol, assumedMaxFrameBytes }: AssumedPeer) {
    this.#codec = codec;
    this.readsBatches = speaksProtocol;
    this.maxFrameBytes = assumedMaxFrameBytes;
  }

  /** The largest frame that the peer accepts, in bytes. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  set maxFrameBytes(bytes: number) {
    this.#maxFrameBytes = bytes;
    this.sharedFrameBytes = Math.min(this.#codec.maxSharedFrameBytes ?? MAX_SHARED_FRAME_BYTES, bytes);
  }

  /** The number of envelopes that wait. */
  get size(): number {
    return this.#size;
  }

  /** The number of those that are events. */
  get events(): number {
    return this.#events;
  }

  /** The bytes of all envelopes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The cost of what waits, in bytes. */
  get cost(): number {
    const { bytes } = this;
    return this.#frames === undefined ? bytes : costOf(bytes, this.#frames.size);
  }

  /** The bytes of the next frame; of a batch, an upper bound. */
  get nextBytes(): number {
    return this.#frames?.peek()?.wireBytes ?? this.batchBytes + this.length + 1;
  }

  /** Whether the next frame is an event that the peer does not accept. */
  get isNextTooLarge(): boolean {
    if (this.nextBytes <= this.maxFrameBytes) return false;
    const frame = this.#frames?.peek();
    const { bytes, envelopes } = frame ?? { bytes: this.batchBytes, envelopes: this.batch?.envelopes };
    return bytes > this.maxFrameBytes && envelopes?.[0]?.control === false;
  }

  /** Whether the last frame has no room for a further envelope, however small. */
  get isFull(): boolean {
    return this.length === MAX_FRAME_ENVELOPES;
  }

  /** Adopts the capabilities of the peer for all frames that are made from now on. */
  applyHello({ batch, deflate, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES }: Hello): void {
    this.readsBatches = batch;
    this.#deflates = deflate === true && this.#codec.deflates === true;
    // Less than every end accepts would let a peer refuse nearly every event.
    this.maxFrameBytes = Math.max(maxFrameBytes, MIN_FRAME_BYTES);
    if (!batch) { for (const envelope of this.takeBatch()?.envelopes ?? []) this.push(envelope); }
  }

  /** Appends an envelope, in a frame of its own if it does not fit into the last one. */
  push(envelope: EncodedEnvelope): void {
    if (!this.extend(envelope)) this.begin(envelope);
  }

  /** Appends an envelope that begins a frame. */
  begin(envelope: EncodedEnvelope): void {
    if (this.length > 0) this.#completeFrame();
    this.batch = this.batchOf(envelope);
    this.#append(envelope);
  }

  /** Appends an envelope if there is a last frame that has room for it. */
  extend(envelope: EncodedEnvelope): boolean {
    const { bytes } = envelope;
    const length = this.length;
    if (length === 0 || !this.readsBatches || !this.#fits(length + 1, this.batchBytes + bytes)) {
      return false;
    }
    this.batch = this.batch?.extended(length, envelope);
    this.#append(envelope);
    return true;
  }

  /** Removes the next frame. Throws what the codec throws. */
  shift(): QueuedFrame | undefined {
    const frame = this.#frames?.shift();
    if (frame !== undefined) {
      this.count(-frame.size, -frame.events, -frame.bytes);
      return frame;
    }
    // Most frames leave in the turn of their envelopes, and were never complete before.
    return this.takeBatch()?.frame(this.#codec, this.#deflates);
  }

  /** The frame of an envelope that does not wait here. */
  frameOf(envelope: EncodedEnvelope): QueuedFrame {
    return new PlainBatch([envelope]).frame(this.#codec, this.#deflates);
  }

  /** Removes and returns the events that are larger than the peer accepts. */
  takeTooLarge(): readonly EncodedEnvelope[] {
    const tooLarge: EncodedEnvelope[] = [];
    for (const frame of this.#takeAll()) {
      const [first] = frame.envelopes ?? [];
      if (frame.bytes <= this.maxFrameBytes || first?.control !== false) this.#adopt(frame);
      else tooLarge.push(first);
    }
    return tooLarge;
  }

  /** Takes over the events that wait in another queue. Its controls mean nothing to another peer. */
  takeFrom(other: PlainQueue): void {
    for (const frame of other.#takeAll()) {
      if (frame.envelopes === undefined) this.#adopt(frame);
      else for (const envelope of frame.envelopes) if (!envelope.control) this.push(envelope);
    }
  }

  /** Removes everything. */
  clear(): void {
    this.takeBatch();
    this.#frames = undefined;
    this.count(-this.#size, -this.#events, -this.#bytes);
  }

  #takeAll(): QueuedFrame[] {
    const frames: QueuedFrame[] = [];
    for (let frame = this.shift(); frame !== undefined; frame = this.shift()) frames.push(frame);
    return frames;
  }

  /** Appends a frame. */
  #adopt(frame: QueuedFrame): void {
    this.#completeFrame();
    (this.#frames ??= new Queue()).push(frame);
    this.count(frame.size, frame.events, frame.bytes);
  }

  #completeFrame(): void {
    const batch = this.takeBatch();
    if (batch !== undefined) this.#adopt(batch.frame(this.#codec, this.#deflates));
  }

  /** The batch that begins with an envelope. */
  protected batchOf(envelope: EncodedEnvelope): PlainBatch {
    return new PlainBatch([envelope]);
  }

  /** Removes and returns what waits behind the complete frames. */
  protected takeBatch(): PlainBatch | undefined {
    const batch = this.batch?.first(this.length);
    if (batch === undefined) return undefined;
    this.batch = undefined;
    this.length = 0;
    this.batchBytes = 0;
    this.count(-batch.envelopes.length, -batch.events, -batch.bytes);
    return batch;
  }

  #append({ bytes, control }: EncodedEnvelope): void {
    this.length++;
    this.batchBytes += bytes;
    this.count(1, control ? 0 : 1, bytes);
  }

  protected count(size: number, events: number, bytes: number): void {
    this.#size += size;
    this.#events += events;
    this.#bytes += bytes;
  }

  /** Whether a frame can hold this many envelopes of this many bytes. */
  #fits(count: number, bytes: number): boolean {
    // The envelopes of a frame stand in brackets, with commas between them.
    return count <= MAX_FRAME_ENVELOPES && bytes + count + 1 <= this.sharedFrameBytes;
  }
}
