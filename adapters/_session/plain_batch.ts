import type { Codec, EncodedEnvelope } from "../_wire/codec.ts";

/** A frame that waits. */
export interface QueuedFrame {
  /** The frame for the wire. */
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

/** Consecutive envelopes that are to share a frame. */
export class PlainBatch {
  /** The envelopes, in order. */
  readonly envelopes: EncodedEnvelope[];
  /** The bytes of all envelopes together. */
  bytes = 0;
  /** The number of envelopes that are events. */
  events = 0;

  /** Keeps the array. */
  constructor(envelopes: EncodedEnvelope[]) {
    this.envelopes = envelopes;
    for (const envelope of envelopes) this.#count(envelope);
  }

  /** Places an envelope behind the first `length` ones, and returns the batch of them. */
  extended(_length: number, envelope: EncodedEnvelope): PlainBatch {
    this.add(envelope);
    return this;
  }

  /** The batch of the first `length` envelopes. */
  first(_length: number): PlainBatch {
    return this;
  }

  /** The frame of all envelopes. */
  frame(codec: Codec, toDeflate: boolean): QueuedFrame {
    const { envelopes, bytes, events } = this;
    const data = codec.encodeFrame(envelopes, toDeflate);
    const size = envelopes.length;
    // A frame of many events that any peer can read does not keep them: a long queue costs little more than its bytes.
    const keeps = size === 1 || events < size || toDeflate;
    const wireBytes = data instanceof Uint8Array ? data.length : size === 1 ? bytes : bytes + size + 1;
    return { data, bytes, wireBytes, size, events, envelopes: keeps ? envelopes : undefined };
  }

  protected add(envelope: EncodedEnvelope): void {
    this.envelopes.push(envelope);
    this.#count(envelope);
  }

  #count({ bytes, control }: EncodedEnvelope): void {
    this.bytes += bytes;
    if (!control) this.events++;
  }
}
