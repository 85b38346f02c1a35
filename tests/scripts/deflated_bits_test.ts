import { assert, assertEquals, assertThrows } from "@std/assert";
import { constants, gzipSync } from "node:zlib";
import { deflatedBits } from "../../scripts/checks/deflated_bits.ts";
import { randomFrom } from "../../scripts/lib/random.ts";

const HEADER_AND_TRAILER_BYTES = 18;

/** The bytes that the content takes, and those of the file beside its header and trailer. */
function bytesOf(text: string, options: Parameters<typeof gzipSync>[1]): { content: number; file: number } {
  const gzip = gzipSync(text, options);
  const bits = deflatedBits(gzip);
  assertEquals(bits.length, new TextEncoder().encode(text).length);
  return {
    content: bits.reduce((sum, each) => sum + each, 0) / 8,
    file: gzip.length - HEADER_AND_TRAILER_BYTES,
  };
}

/** Text in which much is repeated, and much is not. */
function textOf(length: number): string {
  const random = randomFrom(length);
  const words = Array.from({ length: 500 }, () => Math.floor(random() * 1e9).toString(36));
  let text = "";
  while (text.length < length) text += words[Math.floor(words.length * random() ** 3)];
  return text.slice(0, length);
}

for (const length of [1, 2, 300, 5000, 300_000]) {
  for (const level of [1, 6, 9]) {
    Deno.test(`the bits of ${length} characters add up to the gzip file, but for its tables (level ${level})`, () => {
      const { content, file } = bytesOf(textOf(length), { level });
      assert(content <= file && content > file * 0.9 - 110, `${content} of ${file}`);
    });
  }
}

Deno.test("text that is stored takes eight bits a character, and with the fixed codes nearly as many", () => {
  assertEquals(bytesOf("abc".repeat(100), { level: 0 }).content, 300);
  const fixed = bytesOf("abcdefgh", { strategy: constants.Z_FIXED });
  assertEquals(fixed.content, 8);
  assert(fixed.file <= 10);
});

Deno.test("what is repeated takes less than it took at first", () => {
  const bits = deflatedBits(gzipSync(`${textOf(200)}--${textOf(200)}`, { level: 9 }));
  const sum = (part: readonly number[]): number => part.reduce((all, each) => all + each, 0);
  assert(sum(bits.slice(202)) < sum(bits.slice(0, 200)) / 10);
});

Deno.test("a file that is not whole is an error", () => {
  const gzip = gzipSync(textOf(300));
  assertThrows(() => deflatedBits(gzip.subarray(0, 100)), TypeError, "ends too early");
});
