import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The first byte of a frame that is deflated. No JSON starts with it. */
const DEFLATED = 0;

/** From how many bytes on a frame is deflated. Of a smaller one too little is saved. */
const LEAST_BYTES = 256;

/** How many times as large as its bytes on the stream a frame may be, so that few of them cannot keep an end busy. */
const MOST_TIMES = 64;

/** Of JSON this leaves little more than zlib's own level does, in half the time or less. */
const LEVEL = 2;

/**
 * Makes a frame smaller, where that is worth it.
 *
 * @param body The frame: JSON as UTF-8.
 * @returns What {@linkcode inflate} makes the same frame of; the frame itself where it would not be smaller.
 */
export function deflate(body: Uint8Array): Uint8Array {
  if (body.length < LEAST_BYTES) return body;
  const data = deflateRawSync(body, { level: LEVEL });
  const bytes = 1 + data.length;
  if (bytes >= body.length || bytes * MOST_TIMES < body.length) return body;
  const deflated = new Uint8Array(bytes);
  deflated[0] = DEFLATED;
  deflated.set(data, 1);
  return deflated;
}

/**
 * Makes a frame what it was before it was deflated, if it was.
 *
 * @param body What arrived, which may be anything.
 * @param maxFrameBytes The largest frame that is taken, in bytes.
 * @returns The frame.
 * @throws {Error} If it was not deflated by the rules, or is too large.
 */
export function inflate(body: Uint8Array, maxFrameBytes: number): Uint8Array {
  if (body[0] !== DEFLATED) return body;
  const maxOutputLength = Math.min(maxFrameBytes, body.length * MOST_TIMES);
  return inflateRawSync(body.subarray(1), { maxOutputLength });
}
