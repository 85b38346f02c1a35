import { jsonCodec } from "./json_codec.ts";
import type { Codec } from "./wire.ts";

/** How many bytes the length takes that stands before each frame. */
export const LENGTH_BYTES = 4;

/**
 * The codec of wires that carry bytes: a frame is its length, as four bytes with the highest first, and then JSON as
 * UTF-8. What arrives is text: the {@linkcode FrameParser} of such a wire has seen to the bytes.
 */
export const byteFrameCodec: Codec<string, Uint8Array> = {
  encode: jsonCodec.encode,
  join: (envelopes) => byteFrame(new TextEncoder().encode(jsonCodec.join(envelopes))),
  exceeds: () => false,
  decode: jsonCodec.decode,
};

/**
 * Puts its length before the bytes of a frame.
 *
 * @param body The frame.
 * @returns What crosses the stream.
 */
export function byteFrame(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}
