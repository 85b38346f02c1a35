import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";

/**
 * Envelopes in a row that wait to cross. Outboxes to which the same ones are pushed share it, and its frame: what
 * becomes of a hundred equal queues is worked out once.
 */
export class Batch<TBody, TFrame> {
  /** The envelopes, in order. An outbox may have got no further than to the first ones. */
  readonly envelopes: EncodedEnvelope<TBody>[] = [];
  #bytes = 0;
  #events = 0;
  #frame: TFrame | undefined;
  #deflated: TFrame | undefined;

  /** @param envelopes What it begins with. */
  constructor(envelopes: readonly EncodedEnvelope<TBody>[]) {
    for (const envelope of envelopes) this.#append(envelope);
  }

  /** How many bytes the envelopes take together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many of them are events. */
  get events(): number {
    return this.#events;
  }

  /**
   * Takes an envelope behind the first ones, if it is what follows on them already, or nothing does yet.
   *
   * @param length How many the first ones are.
   * @param envelope The envelope.
   * @returns Whether it did. If not, whoever has it goes on alone.
   */
  take(length: number, envelope: EncodedEnvelope<TBody>): boolean {
    const { envelopes } = this;
    if (length < envelopes.length) return envelopes[length] === envelope;
    // It has been handed over by somebody as it is.
    if (this.#frame !== undefined || this.#deflated !== undefined) return false;
    this.#append(envelope);
    return true;
  }

  /**
   * The frame of all of it.
   *
   * @param codec The codec of the envelopes.
   * @param toDeflate Whether it is for a peer for which frames are deflated.
   * @returns The frame, the same one for everybody.
   */
  frame(codec: Codec<TBody, TFrame>, toDeflate: boolean): TFrame {
    if (toDeflate) return this.#deflated ??= codec.encodeFrame(this.envelopes, true);
    return this.#frame ??= codec.encodeFrame(this.envelopes);
  }

  #append(envelope: EncodedEnvelope<TBody>): void {
    this.envelopes.push(envelope);
    this.#bytes += envelope.bytes;
    if (!envelope.control) this.#events++;
  }
}
