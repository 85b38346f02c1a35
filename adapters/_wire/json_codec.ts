import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec, EncodedEnvelope } from "./codec.ts";

/** An envelope as JSON. */
export interface JsonEnvelope extends EncodedEnvelope {
  readonly body: string;
}

interface JsonCodec extends Codec<string> {
  encode(...args: Parameters<Codec["encode"]>): JsonEnvelope;
}

/** The codec of wires that carry text: an envelope is JSON, several envelopes are a JSON array. */
export const jsonCodec: JsonCodec = {
  encode({ type, id, payload }, control, options) {
    if (typeof payload === "function" || typeof payload === "symbol") {
      throw new TypeError(`Cannot encode a ${typeof payload} as JSON`);
    }
    const via = options?.via;
    const body = JSON.stringify(via === undefined ? { type, id, payload } : { type, id, payload, via });
    return { type, id, body, bytes: utf8Length(body), control };
  },
  encodeFrame(envelopes) {
    // Cast: this codec encoded them.
    const encoded = envelopes as readonly JsonEnvelope[];
    const [first] = encoded;
    return first !== undefined && encoded.length === 1
      ? first.body
      : `[${encoded.map((each) => each.body).join(",")}]`;
  },
  isLargerThan(data, bytes) {
    if (typeof data === "string") return exceedsUtf8Length(data, bytes);
    // Binary data is malformed in any case, but a peer that sends too much of it is dropped sooner.
    return data instanceof Blob
      ? data.size > bytes
      : ArrayBuffer.isView(data) || data instanceof ArrayBuffer
      ? data.byteLength > bytes
      : false;
  },
  decode(data) {
    if (typeof data !== "string") throw new TypeError("a frame must be text");
    return JSON.parse(data);
  },
};
