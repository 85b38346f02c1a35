import type { Codec } from "../_wire/codec.ts";
import { jsonCodec } from "../_wire/json_codec.ts";
import { deflate } from "./deflate.ts";

/** The bytes of the length ahead of each frame. */
export const LENGTH_BYTES = 4;

/**
 * Creates the codec of wires that carry bytes. A frame is its length, as a 32-bit big-endian number, and then JSON as
 * UTF-8, which can be deflated. It decodes text: the {@linkcode FrameParser} of such a wire has already read the bytes.
 *
 * @param deflates Whether frames are deflated in both directions, if the peer does so too.
 */
export function createByteFrameCodec(deflates: boolean): Codec<Uint8Array> {
  return {
    ...jsonCodec,
    deflates,
    encodeFrame(envelopes, toDeflate = false) {
      const body = new TextEncoder().encode(jsonCodec.encodeFrame(envelopes));
      return byteFrame(toDeflate ? deflate(body) : body);
    },
    isLargerThan: () => false,
  };
}

/** Puts the length ahead of a frame. */
export function byteFrame(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}
