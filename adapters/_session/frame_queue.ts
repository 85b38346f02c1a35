import type { EncodedEnvelope } from "../_wire/codec.ts";
import { Batch } from "./batch.ts";
import type { PlainBatch } from "./plain_batch.ts";
import { PlainQueue } from "./plain_queue.ts";

export { MAX_SHARED_FRAME_BYTES } from "./plain_queue.ts";

/**
 * The queue for one of many peers: queues that are given the same envelopes share batches and frames. It is apart from the
 * {@linkcode PlainQueue}: a page with a link does not load it.
 */
export class FrameQueue extends PlainQueue {
  /** The events that were appended for it, by way of a batch that it follows. */
  followed = 0;
  /** Whether it is the whole batch that waits, and grows for all queues that follow it. */
  #follows = false;

  override get size(): number {
    this.#settle();
    return super.size;
  }

  override get events(): number {
    this.#settle();
    return super.events;
  }

  override get bytes(): number {
    this.#settle();
    return super.bytes;
  }

  override get nextBytes(): number {
    this.#settle();
    return super.nextBytes;
  }

  override extend(envelope: EncodedEnvelope): boolean {
    this.#settle();
    return super.extend(envelope);
  }

  /** Lets a batch grow for this queue, whose last frame is that batch so far. Returns whether it will. */
  follow(batch: PlainBatch): boolean {
    if (!(batch instanceof Batch) || batch !== this.batch || this.length !== 1 || !this.readsBatches) {
      return false;
    }
    return this.#follows = batch.follow(this.sharedFrameBytes);
  }

  protected override batchOf(envelope: EncodedEnvelope): Batch {
    // Cast: only queues use this slot.
    return (envelope.batch ??= new Batch([envelope])) as Batch;
  }

  protected override takeBatch(): PlainBatch | undefined {
    this.#settle();
    return super.takeBatch();
  }

  /** Counts what has been appended for it, and follows its batch no longer. */
  #settle(): void {
    const { batch } = this;
    if (!this.#follows || !(batch instanceof Batch)) return;
    this.#follows = false;
    const { envelopes, events, bytes } = batch;
    batch.seal();
    // It has counted the first envelope, an event, itself.
    this.count(envelopes.length - 1, events - 1, bytes - this.batchBytes);
    this.followed += events - 1;
    this.length = envelopes.length;
    this.batchBytes = bytes;
  }
}
