import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The first byte of a deflated frame. JSON never starts with it. */
const DEFLATED = 0;

/** The smallest frame that is deflated, in bytes. A smaller one would save too little. */
const LEAST_BYTES = 256;

/** The largest ratio of a frame to its deflated bytes, so that a few bytes cannot keep an end busy. */
const MOST_TIMES = 64;

/** For JSON the result is hardly larger than at zlib's default level, in half the time or less. */
const LEVEL = 2;

/** Deflates a frame of JSON as UTF-8, unless that saves nothing. {@linkcode inflate} reads either result. */
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

/** Inflates a frame if it was deflated. Throws if it is malformed, or larger than `maxFrameBytes`. */
export function inflate(body: Uint8Array, maxFrameBytes: number): Uint8Array {
  if (body[0] !== DEFLATED) return body;
  const maxOutputLength = Math.min(maxFrameBytes, body.length * MOST_TIMES);
  return inflateRawSync(body.subarray(1), { maxOutputLength });
}
