import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec, Encoded } from "./wire.ts";

/**
 * Creates the codec of wires that carry text: an envelope is JSON, several are a JSON array.
 *
 * @returns A codec that remembers its last frame, so that peers with equal queues share one string.
 */
export function createJsonCodec(): Codec<string, string> {
  let lastEnvelopes: readonly Encoded<string>[] = [];
  let lastFrame = "";
  return {
    encode({ type, id, payload }, control) {
      if (typeof payload === "function" || typeof payload === "symbol") {
        throw new TypeError(`Cannot encode a ${typeof payload} as JSON`);
      }
      const body = JSON.stringify({ type, id, payload });
      return { body, bytes: utf8Length(body), control };
    },
    join(envelopes) {
      const [first] = envelopes;
      if (first !== undefined && envelopes.length === 1) return first.body;
      if (
        envelopes.length !== lastEnvelopes.length || envelopes.some((each, i) => each !== lastEnvelopes[i])
      ) {
        lastFrame = `[${envelopes.map((each) => each.body).join(",")}]`;
        lastEnvelopes = envelopes;
      }
      return lastFrame;
    },
    exceeds(data, bytes) {
      return typeof data === "string" && exceedsUtf8Length(data, bytes);
    },
    decode(data) {
      if (typeof data !== "string") throw new TypeError("a frame has to be text");
      return JSON.parse(data);
    },
  };
}
