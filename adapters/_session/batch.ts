import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";

/** The most envelopes in one frame. */
export const MAX_FRAME_ENVELOPES = 512;

/** A frame that waits. */
export interface QueuedFrame {
  /** What the wire is sent. */
  readonly data: unknown;
  /** The bytes of its envelopes together. */
  readonly bytes: number;
  /** The bytes of the frame. */
  readonly wireBytes: number;
  /** The number of its envelopes. */
  readonly size: number;
  /** The number of its envelopes that are events. */
  readonly events: number;
  /** Its envelopes, unless every peer can be sent the frame as it is. */
  readonly envelopes: readonly EncodedEnvelope[] | undefined;
}

/**
 * Consecutive envelopes that are to share a frame. Outboxes that are given the same envelopes share their batch and its
 * frame, so that a hundred equal queues are encoded once.
 */
export class Batch {
  /** The envelopes, in order. An outbox may hold only the first ones. */
  readonly envelopes: EncodedEnvelope[] = [];
  /** The bytes of all envelopes together. */
  bytes = 0;
  /** The number of envelopes that are events. */
  events = 0;
  /** The most bytes that a frame of it can take, and whether queues follow it: it is theirs as a whole. */
  #followLimit: number | undefined;
  #isSealed = false;
  #frame: QueuedFrame | undefined;
  #deflatedFrame: QueuedFrame | undefined;
  /** The last batch that began with the first `#forkedAt` envelopes of this one, and continued with a different one. */
  #fork: Batch | undefined;
  #forkedAt = 0;

  constructor(envelopes: readonly EncodedEnvelope[]) {
    for (const envelope of envelopes) this.#append(envelope);
  }

  /**
   * Places an envelope behind the first `length` ones, and returns the batch of them: another one if an outbox has made a
   * frame of this batch, or has placed a different envelope there.
   */
  extended(length: number, envelope: EncodedEnvelope): Batch {
    const { envelopes } = this;
    if (envelopes[length] === envelope) return this;
    if (length === envelopes.length && !this.#isSealed && this.#followLimit === undefined) {
      this.#append(envelope);
      return this;
    }
    // Peers that read leave those behind that do not, whose queues are equal.
    if (this.#fork?.envelopes[length] === envelope && this.#forkedAt === length) return this.#fork;
    this.#forkedAt = length;
    return this.#fork = new Batch([...envelopes.slice(0, length), envelope]);
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
    this.#append(envelope);
    return true;
  }

  /** Lets it stay as it is: a queue has made a frame of it, or does not follow it any more. */
  seal(): void {
    this.#isSealed = true;
  }

  /** The frame of all envelopes, encoded once for all outboxes. */
  frame(codec: Codec, toDeflate: boolean): QueuedFrame {
    this.seal();
    if (toDeflate) {
      return this.#deflatedFrame ??= this.#toFrame(codec.encodeFrame(this.envelopes, true), true);
    }
    return this.#frame ??= this.#toFrame(codec.encodeFrame(this.envelopes), false);
  }

  #append(envelope: EncodedEnvelope): void {
    this.envelopes.push(envelope);
    this.bytes += envelope.bytes;
    if (!envelope.control) this.events++;
  }

  #toFrame(data: unknown, isDeflated: boolean): QueuedFrame {
    const { envelopes, bytes, events } = this;
    const size = envelopes.length;
    // A frame of many events that any peer can read does not keep them: a long queue costs little more than its bytes.
    const keeps = size === 1 || events < size || isDeflated;
    const wireBytes = data instanceof Uint8Array ? data.length : size === 1 ? bytes : bytes + size + 1;
    return { data, bytes, wireBytes, size, events, envelopes: keeps ? envelopes : undefined };
  }
}
