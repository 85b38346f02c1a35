/** Text is measured in parts of this length, of which each unit takes three bytes at most. */
const PART_LENGTH = 8192;

/** Not read from the global object each time: there it is a getter in Deno. */
const encoder = /* @__PURE__ */ createEncoder();
let encoded: Uint8Array<ArrayBuffer> | undefined;

/** The length of a string as UTF-8, in bytes, by the platform's encoder. Some platforms lack one: there, `undefined`. */
export function encodedLength(text: string): number | undefined {
  if (encoder === undefined) return undefined;
  encoded ??= new Uint8Array(3 * PART_LENGTH);
  let bytes = 0;
  for (let from = 0; from < text.length;) {
    const part = text.length <= PART_LENGTH ? text : partOf(text, from);
    bytes += encoder.encodeInto(part, encoded).written;
    from += part.length;
  }
  return bytes;
}

/** Some runtimes lack it. */
function createEncoder(): TextEncoder | undefined {
  return globalThis.TextEncoder && new TextEncoder();
}

/** A part of a text, which does not end between two surrogates. */
function partOf(text: string, from: number): string {
  const last = text.charCodeAt(from + PART_LENGTH - 1);
  return text.slice(from, from + PART_LENGTH - (last >= 0xd800 && last < 0xdc00 ? 1 : 0));
}
