import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec } from "./codec.ts";

/** The codec of wires that carry text: an envelope is JSON, several envelopes are a JSON array. */
export const jsonCodec: Codec<string> = {
  encode({ type, id, payload }, control, options) {
    if (typeof payload === "function" || typeof payload === "symbol") {
      throw new TypeError(`Cannot encode a ${typeof payload} as JSON`);
    }
    const via = options?.via;
    const body = JSON.stringify(via === undefined ? { type, id, payload } : { type, id, payload, via });
    return { type, id, body, bytes: utf8Length(body), control };
  },
  encodeFrame(envelopes) {
    const [first] = envelopes;
    // Cast: this codec encoded it.
    if (first !== undefined && envelopes.length === 1) return first.body as string;
    return `[${envelopes.map(({ body }) => body).join(",")}]`;
  },
  isLargerThan(data, bytes) {
    if (typeof data === "string") return exceedsUtf8Length(data, bytes);
    // Binary data is malformed in any case, but a peer that sends too much of it is dropped sooner.
    if (data instanceof Blob) return data.size > bytes;
    return (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) && data.byteLength > bytes;
  },
  decode(data) {
    if (typeof data !== "string") throw new TypeError("a frame must be text");
    return JSON.parse(data);
  },
};
