import { exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";
import type { Codec, EncodedEnvelope } from "./codec.ts";
import { sizeOf } from "./frame_size.ts";
import { JsonFrames } from "./json_frames.ts";
import { PAYLOAD_KEY, TopicRuns } from "./topic_runs.ts";

const runs = /* @__PURE__ */ new TopicRuns();
const frames = /* @__PURE__ */ new JsonFrames();

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
    // `toJSON` of a value inside may publish, so what follows it must not read what another event changes.
    const run = runs.of(type, id);
    if (run === undefined || hasToJson(payload)) {
      const body = JSON.stringify({ type, id, payload });
      return { type, id, body, bytes: utf8Length(body), control };
    }
    if (payload === undefined) return { type, id, body: run.bare, bytes: run.bytes, control };
    const value = JSON.stringify(payload);
    return {
      type,
      id,
      body: `${run.head}${value}}`,
      bytes: run.bytes + PAYLOAD_KEY.length + utf8Length(value),
      control,
    };
  },
  encodeFrame: (envelopes) => frameOf(envelopes, textOf),
  isLargerThan(data, bytes) {
    // Binary data is malformed in any case, but a peer that sends too much of it is dropped sooner.
    return typeof data === "string" ? exceedsUtf8Length(data, bytes) : sizeOf(data) > bytes;
  },
  decode(data) {
    if (typeof data !== "string") throw new TypeError("a frame must be text");
    return frames.parse(data);
  },
};

/** Such a method gets the name of its member, so it must be called for the whole envelope. */
function hasToJson(payload: unknown): boolean {
  return typeof payload === "object" && payload !== null && "toJSON" in payload;
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
