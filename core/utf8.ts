const NON_ASCII = /[^\0-\x7f]/;

/** Text up to this length is measured faster here than by a call out of JavaScript. */
const SHORT_LENGTH = 128;

/** Longer text is measured in parts of this length, of which each unit takes three bytes at most. */
const PART_LENGTH = 8192;

/** Not read from the global object each time: there it is a getter in Deno. */
const encoder = /* @__PURE__ */ createEncoder();
let encoded: Uint8Array<ArrayBuffer> | undefined;

/**
 * The length of a string as UTF-8, in bytes. A lone surrogate counts as the three bytes of U+FFFD, as in
 * {@link https://encoding.spec.whatwg.org/#utf-8-encoder the Encoding standard}.
 */
export function utf8Length(text: string): number {
  const { length } = text;
  // The platform's encoder takes a tenth of the time.
  if (length > SHORT_LENGTH && encoder !== undefined) return encodedLength(text, encoder);
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

/** Some runtimes lack it. */
function createEncoder(): TextEncoder | undefined {
  return globalThis.TextEncoder && new TextEncoder();
}

function encodedLength(text: string, encoder: TextEncoder): number {
  encoded ??= new Uint8Array(3 * PART_LENGTH);
  let bytes = 0;
  for (let from = 0; from < text.length;) {
    const part = text.length <= PART_LENGTH ? text : partOf(text, from);
    bytes += encoder.encodeInto(part, encoded).written;
    from += part.length;
  }
  return bytes;
}

/** A part of a text, which does not end between two surrogates. */
function partOf(text: string, from: number): string {
  const last = text.charCodeAt(from + PART_LENGTH - 1);
  return text.slice(from, from + PART_LENGTH - (last >= 0xd800 && last < 0xdc00 ? 1 : 0));
}

/** Whether a string takes more than `limit` bytes as UTF-8. Only a string near the limit is measured. */
export function exceedsUtf8Length(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && utf8Length(text) > limit);
}
