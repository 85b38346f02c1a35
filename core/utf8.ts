import { encodedLength } from "./encoded_length.ts";

const NON_ASCII = /[^\0-\x7f]/;

/** Text up to this length is measured faster here than by a call out of JavaScript. */
const SHORT_LENGTH = 128;

/**
 * The length of a string as UTF-8, in bytes. A lone surrogate counts as the three bytes of U+FFFD, as in
 * {@link https://encoding.spec.whatwg.org/#utf-8-encoder the Encoding standard}.
 */
export function utf8Length(text: string): number {
  if (text.length <= SHORT_LENGTH) return countedLength(text);
  // The platform's encoder takes a tenth of the time.
  return encodedLength(text) ?? countedLength(text);
}

/** The same without the platform: in pages, and where it has no encoder. */
export function countedLength(text: string): number {
  const { length } = text;
  // Most text is ASCII, and this is twice as fast as the loop.
  if (!NON_ASCII.test(text)) return length;
  let bytes = length;
  for (let i = 0; i < length; i++) {
    const code = text.codePointAt(i) ?? 0;
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    // Two units, of which each is counted as one byte already.
    if (code > 0xffff) i++;
  }
  return bytes;
}

/** Whether a string takes more than `limit` bytes as UTF-8. Only a string near the limit is measured. */
export function exceedsUtf8Length(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && utf8Length(text) > limit);
}
