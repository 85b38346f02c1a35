import { deflate } from "./deflate.ts";
import { jsonCodec } from "../_wire/json_codec.ts";
import type { Codec } from "../_wire/codec.ts";

/** How many bytes the length takes that stands before each frame. */
export const LENGTH_BYTES = 4;

/**
 * Creates the codec of wires that carry bytes: a frame is its length, as four bytes with the highest first, and then
 * JSON as UTF-8, or that deflated. What arrives is text: the {@linkcode FrameParser} of such a wire has seen to the
 * bytes.
 *
 * @param deflates Whether frames are deflated, here and by a peer that does so too.
 * @returns The codec.
 */
export function createByteFrameCodec(deflates: boolean): Codec<string, Uint8Array> {
  return {
    deflates,
    encode: jsonCodec.encode,
    encodeFrame(envelopes, toDeflate = false) {
      const body = new TextEncoder().encode(jsonCodec.encodeFrame(envelopes));
      return byteFrame(toDeflate ? deflate(body) : body);
    },
    isLargerThan: () => false,
    decode: jsonCodec.decode,
  };
}

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
