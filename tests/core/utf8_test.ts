import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodedLength as encodedInPage } from "../../core/page/encoded_length.ts";
import { countedLength, exceedsUtf8Length, utf8Length } from "../../core/utf8.ts";

const SEED = 1;

/** Strings of every width, lone surrogates included. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("a", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "🎈", "\ud800", "\udfff"),
  }),
);

function encodedLength(value: string): number {
  return new TextEncoder().encode(value).length;
}

Deno.test("the length of a string is that of its encoding", () => {
  fc.assert(
    fc.property(text, (value) => assertEquals(utf8Length(value), encodedLength(value))),
    { seed: SEED, numRuns: 1000 },
  );
});

Deno.test("a page counts text without the platform, with the same result", () => {
  assertEquals(encodedInPage("x".repeat(1000)), undefined);
  fc.assert(
    fc.property(text, (value) => assertEquals(countedLength(value), encodedLength(value))),
    { seed: SEED, numRuns: 1000 },
  );
});

for (
  const [unit, bytes] of [["", 0], ["a", 1], ["é", 2], ["€", 3], ["🎈", 4], ["\ud83c", 3], [
    "\udf88",
    3,
  ]] as const
) {
  Deno.test(`${JSON.stringify(unit)} takes ${bytes} bytes`, () => {
    assertEquals(utf8Length(unit), bytes);
    assertEquals(utf8Length(`${unit}-${unit}`), 2 * bytes + 1);
  });
}

Deno.test("of two high surrogates in a row, the first is alone, and the last can have its pair", () => {
  assertEquals(utf8Length("\ud83c\ud83c"), 6);
  assertEquals(utf8Length("\ud83c\ud83c\udf88"), 7);
  assertEquals(utf8Length("\udf88\ud83c"), 6);
});

Deno.test("the first and the last surrogates pair, and two low ones do not", () => {
  assertEquals(utf8Length("\ud800\udc00"), 4);
  assertEquals(utf8Length("\udbff\udfff"), 4);
  assertEquals(utf8Length("\udc00\udc00"), 6);
  assertEquals(utf8Length("\udbff\ue000"), 6);
});

Deno.test("a long string has the length of its encoding, wherever it is divided", () => {
  for (const unit of ["a", "é", "€", "🎈", "\ud83c", "\udf88"]) {
    for (const length of [127, 128, 129, 8191, 8192, 8193, 16_385, 100_000]) {
      for (const before of ["", "x", "xyz"]) {
        const value = before + unit.repeat(length);
        assertEquals(utf8Length(value), encodedLength(value), JSON.stringify([unit, length, before]));
        assertEquals(countedLength(value), encodedLength(value), JSON.stringify([unit, length, before]));
      }
    }
  }
});

Deno.test("a string exceeds a length exactly when its encoding does", () => {
  fc.assert(
    fc.property(text, fc.nat({ max: 60 }), (value, limit) => {
      assertEquals(exceedsUtf8Length(value, limit), encodedLength(value) > limit);
      assertEquals(exceedsUtf8Length(value, encodedLength(value)), false);
      assertEquals(exceedsUtf8Length(value + "x", encodedLength(value)), true);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});
