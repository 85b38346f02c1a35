import { randomNumbers } from "./platform.ts";

const ZERO = 48;
const NINE = 57;

/** Secrets of this process. Made when first needed: Cloudflare allows no random values while modules load. */
let secrets: Int32Array | undefined;

/**
 * The key of a string that a peer has chosen, for a `Map`; different for different strings. V8 hashes a string of digits
 * by its number, without a secret, so that thousands of them could share a bucket: of the `Map`, and of V8's table of all
 * strings, which any look-up fills. Such a string becomes a number that a peer cannot predict.
 */
export function mapKey(text: string): string | number {
  // Small enough to be inlined: most strings do not begin with a digit.
  return text.charCodeAt(0) - ZERO >>> 0 > NINE - ZERO ? text : keyOfDigits(text);
}

function keyOfDigits(text: string): string | number {
  const number = Number(text);
  // A string with a leading zero, and a larger number, is hashed as text.
  if (String(number) !== text || !Number.isSafeInteger(number)) return text;
  const [salt = 0, factor = 0] = secrets ??= randomNumbers(2);
  // The low 32 bits are permuted, since an odd factor and an exclusive or can be undone; the others stay.
  return number - (number >>> 0) + (Math.imul(number, factor | 1) ^ salt);
}
