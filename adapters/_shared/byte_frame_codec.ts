import { createJsonCodec } from "./json_codec.ts";
import type { Codec } from "./wire.ts";

/** How many bytes the length takes that stands before each frame. */
export const LENGTH_BYTES = 4;

/**
 * Creates the codec of wires that carry bytes: a frame is its length, as four bytes with the highest first, and then
 * JSON as UTF-8. What arrives is text: the {@linkcode FrameParser} of such a wire has seen to the bytes.
 *
 * @returns A codec that remembers its last frame, so that peers with equal queues share its bytes.
 */
export function createByteFrameCodec(): Codec<string, Uint8Array> {
  const json = createJsonCodec();
  let lastText = "";
  let lastFrame = new Uint8Array();
  return {
    encode: json.encode,
    join(envelopes) {
      const text = json.join(envelopes);
      if (text !== lastText) {
        lastText = text;
        lastFrame = byteFrame(new TextEncoder().encode(text));
      }
      return lastFrame;
    },
    exceeds: () => false,
    decode: json.decode,
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
