import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";
import { PlainBatch, type QueuedFrame } from "./plain_batch.ts";
import { MAX_FRAME_ENVELOPES } from "./plain_queue.ts";

export { MAX_FRAME_ENVELOPES } from "./plain_queue.ts";
export type { QueuedFrame } from "./plain_batch.ts";

/**
 * A batch that outboxes share, with its frame, if they are given the same envelopes: a hundred equal queues are encoded
 * once. An outbox may hold only the first envelopes.
 */
export class Batch extends PlainBatch {
  /** The most bytes that a frame of it can take, and whether queues follow it: it is theirs as a whole. */
  #followLimit: number | undefined;
  #isSealed = false;
  #frame: QueuedFrame | undefined;
  #deflatedFrame: QueuedFrame | undefined;
  /** The last batch that began with the first `#forkedAt` envelopes of this one, and continued with a different one. */
  #fork: Batch | undefined;
  #forkedAt = 0;

  /**
   * Places an envelope behind the first `length` ones, and returns the batch of them: another one if an outbox has made a
   * frame of this batch, or has placed a different envelope there.
   */
  override extended(length: number, envelope: EncodedEnvelope): Batch {
    const { envelopes } = this;
    if (envelopes[length] === envelope) return this;
    if (length === envelopes.length && !this.#isSealed && this.#followLimit === undefined) {
      this.add(envelope);
      return this;
    }
    // Peers that read leave those behind that do not, whose queues are equal.
    if (this.#fork?.envelopes[length] === envelope && this.#forkedAt === length) return this.#fork;
    this.#forkedAt = length;
    return this.#fork = new Batch([...envelopes.slice(0, length), envelope]);
  }

  override first(length: number): Batch {
    return length === this.envelopes.length ? this : new Batch(this.envelopes.slice(0, length));
  }

  /** Makes one more queue, which holds the only envelope, follow this batch, if the batch can still grow. */
  follow(maxBytes: number): boolean {
    if (this.envelopes.length > 1 || this.#isSealed) return false;
    this.#followLimit = Math.min(this.#followLimit ?? maxBytes, maxBytes);
    return true;
  }

  /** Appends an envelope for all queues that follow this batch, if a frame can hold it. */
  append(envelope: EncodedEnvelope): boolean {
    const count = this.envelopes.length + 1;
    if (
      this.#isSealed || this.#followLimit === undefined || count > MAX_FRAME_ENVELOPES ||
      this.bytes + envelope.bytes + count + 1 > this.#followLimit
    ) return false;
    this.add(envelope);
    return true;
  }

  /** Whether it stays as it is. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Lets it stay as it is: a queue has made a frame of it, or does not follow it any more. */
  seal(): void {
    this.#isSealed = true;
  }

  /** The frame of all envelopes, encoded once for all outboxes. */
  override frame(codec: Codec, toDeflate: boolean): QueuedFrame {
    this.seal();
    return toDeflate
      ? this.#deflatedFrame ??= super.frame(codec, true)
      : this.#frame ??= super.frame(codec, false);
  }
}
