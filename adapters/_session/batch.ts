import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";

/**
 * Consecutive envelopes that wait to be sent. Outboxes that are given the same envelopes share their batch and its
 * frame, so that a hundred equal queues are encoded once.
 */
export class Batch {
  /** The envelopes, in order. An outbox may hold only the first ones. */
  readonly envelopes: EncodedEnvelope[] = [];
  /** The bytes of all envelopes together. */
  bytes = 0;
  /** The number of envelopes that are events. */
  events = 0;
  #frame: unknown;
  #deflatedFrame: unknown;

  constructor(envelopes: readonly EncodedEnvelope[]) {
    for (const envelope of envelopes) this.#append(envelope);
  }

  /**
   * Places an envelope behind the first `length` ones, and returns whether it could: another outbox may have placed a
   * different one there. The caller then needs a batch of its own.
   */
  extend(length: number, envelope: EncodedEnvelope): boolean {
    const { envelopes } = this;
    if (length < envelopes.length) return envelopes[length] === envelope;
    // An outbox has already sent it as it is.
    if (this.#frame !== undefined || this.#deflatedFrame !== undefined) return false;
    this.#append(envelope);
    return true;
  }

  /** The frame of all envelopes, encoded once for all outboxes. */
  frame(codec: Codec, toDeflate: boolean): unknown {
    if (toDeflate) return this.#deflatedFrame ??= codec.encodeFrame(this.envelopes, true);
    return this.#frame ??= codec.encodeFrame(this.envelopes);
  }

  #append(envelope: EncodedEnvelope): void {
    this.envelopes.push(envelope);
    this.bytes += envelope.bytes;
    if (!envelope.control) this.events++;
  }
}
