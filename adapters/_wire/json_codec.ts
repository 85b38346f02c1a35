import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec } from "./codec.ts";

/** The codec of wires that carry text: an envelope is JSON, several are a JSON array. */
export const jsonCodec: Codec<string, string> = {
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
    return first !== undefined && envelopes.length === 1
      ? first.body
      : `[${envelopes.map((each) => each.body).join(",")}]`;
  },
  isLargerThan(data, bytes) {
    if (typeof data === "string") return exceedsUtf8Length(data, bytes);
    // Binary is malformed anyway, but the larger it is the sooner its sender should be gone.
    return data instanceof Blob
      ? data.size > bytes
      : ArrayBuffer.isView(data) || data instanceof ArrayBuffer
      ? data.byteLength > bytes
      : false;
  },
  decode(data) {
    if (typeof data !== "string") throw new TypeError("a frame has to be text");
    return JSON.parse(data);
  },
};
