import type { Codec, EncodedEnvelope } from "./codec.ts";
import { frameOf, plainJsonCodec, textOf } from "./plain_json_codec.ts";

/** The codec for hubs too, whose events can have a position in a history. */
export const jsonCodec: Codec<string> = /* @__PURE__ */ withPositions(plainJsonCodec);

function withPositions(plain: Codec<string>): Codec<string> {
  return {
    ...plain,
    encodeFrame: (envelopes) => frameOf(envelopes, textWithPosition),
    payloadOf: (body) => JSON.parse(String(body)).payload,
  };
}

/** The position comes in here: a text that is kept with it would take twice the memory. */
function textWithPosition(envelope: EncodedEnvelope): string {
  const { at } = envelope;
  const text = textOf(envelope);
  return at === undefined ? text : `{"at":"${at}",${text.slice(1)}`;
}
