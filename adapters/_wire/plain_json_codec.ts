import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec, EncodedEnvelope } from "./codec.ts";

/** The codec of links over wires that carry text: an envelope is JSON, several envelopes are a JSON array. */
export const plainJsonCodec: Codec<string> = {
  encode({ type, id, payload }, control, options) {
    if (typeof payload === "function" || typeof payload === "symbol") {
      throw new TypeError(`Cannot encode a ${typeof payload} as JSON`);
    }
    const via = options?.via;
    const trace = options?.trace;
    if (via !== undefined || trace !== undefined) {
      const body = JSON.stringify({ type, id, payload, via, trace });
      return { type, id, body, bytes: utf8Length(body), control };
    }
    if (type === head.type && id === head.id) {
      const value = JSON.stringify(payload);
      if (value !== undefined) {
        return {
          type,
          id,
          body: `${head.text}${value}}`,
          bytes: head.bytes + utf8Length(value) + 1,
          control,
        };
      }
    } else if (type === lastType && id === lastId) head = headOf(type, id);
    lastType = type;
    lastId = id;
    const body = JSON.stringify({ type, id, payload });
    return { type, id, body, bytes: utf8Length(body), control };
  },
  encodeFrame: (envelopes) => frameOf(envelopes, textOf),
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

// Events come in runs of one topic: from the third on, only the payload is encoded and measured.
let lastType: string | undefined;
let lastId: string | undefined;
let head: { readonly type?: string; readonly id?: string; readonly text: string; readonly bytes: number } = {
  text: "",
  bytes: 0,
};

/** The text of an envelope ahead of its payload. */
function headOf(type: string, id: string): typeof head {
  const text = `${JSON.stringify({ type, id }).slice(0, -1)},"payload":`;
  return { type, id, text, bytes: utf8Length(text) };
}

/** One envelope alone, or several as an array. */
export function frameOf(
  envelopes: readonly EncodedEnvelope[],
  textOf: (envelope: EncodedEnvelope) => string,
): string {
  const [first] = envelopes;
  if (first !== undefined && envelopes.length === 1) return textOf(first);
  return `[${envelopes.map(textOf).join(",")}]`;
}

export function textOf({ body }: EncodedEnvelope): string {
  // Cast: this codec encoded it.
  return body as string;
}
