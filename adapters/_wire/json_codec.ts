import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec, EncodedEnvelope } from "./codec.ts";

/** The codec of wires that carry text: an envelope is JSON, several envelopes are a JSON array. */
export const jsonCodec: Codec<string> = {
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
    if (type === head.type && id === head.id) return encodeWith(head, payload, control);
    if (type === lastType && id === lastId) head = headOf(type, id);
    lastType = type;
    lastId = id;
    const body = JSON.stringify({ type, id, payload });
    return { type, id, body, bytes: utf8Length(body), control };
  },
  encodeFrame(envelopes) {
    const [first] = envelopes;
    if (first !== undefined && envelopes.length === 1) return textOf(first);
    return `[${envelopes.map(textOf).join(",")}]`;
  },
  payloadOf: (body) => JSON.parse(String(body)).payload,
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
let head: Head = { text: "", bytes: 0 };

/** The text of an envelope ahead of its payload. */
interface Head {
  readonly type?: string;
  readonly id?: string;
  readonly text: string;
  readonly bytes: number;
}

const PAYLOAD = ',"payload":';

function headOf(type: string, id: string): Head {
  const text = JSON.stringify({ type, id }).slice(0, -1) + PAYLOAD;
  return { type, id, text, bytes: utf8Length(text) };
}

/** Encodes an event of the topic of a head. The payload can publish events while it is encoded. */
function encodeWith(
  { type = "", id = "", text, bytes }: Head,
  payload: unknown,
  control: boolean,
): EncodedEnvelope {
  const value: string | undefined = JSON.stringify(payload);
  if (value === undefined) {
    const rest = PAYLOAD.length;
    return { type, id, body: `${text.slice(0, -rest)}}`, bytes: bytes - rest + 1, control };
  }
  return { type, id, body: `${text}${value}}`, bytes: bytes + utf8Length(value) + 1, control };
}

/** The text of an envelope in a frame. The position comes in here: a text that is kept with it would take twice the memory. */
function textOf({ body, at }: EncodedEnvelope): string {
  // Cast: this codec encoded it.
  const text = body as string;
  return at === undefined ? text : `{"at":"${at}",${text.slice(1)}`;
}
