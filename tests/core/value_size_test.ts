import { assert } from "@std/assert";
import { memoryBytes } from "../../core/value_size.ts";

/** Values, and the least that V8 takes for each of their parts, in bytes: measured on V8 11 and 15. */
const MEASURED: readonly [name: string, value: unknown, parts: number, bytesEach: number][] = [
  ["empty arrays", Array.from({ length: 1000 }, () => []), 1000, 40],
  ["empty objects", Array.from({ length: 1000 }, () => ({})), 1000, 64],
  ["numbers that are not whole", Array.from({ length: 1000 }, (_, i) => i + 0.5), 1000, 24],
  ["texts of eleven letters", Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(11, "x")), 1000, 40],
  ["names", Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, 0])), 1000, 80],
  ["entries of a Map", new Map(Array.from({ length: 1000 }, (_, i) => [i, i])), 1000, 52],
  ["members of a Set", new Set(Array(1000).keys()), 1000, 36],
];

for (const [name, value, parts, bytesEach] of MEASURED) {
  Deno.test(`${name} count with the memory that they take`, () => {
    const bytes = memoryBytes(value);
    assert(bytes >= parts * bytesEach, `${bytes / parts} bytes each, of ${bytesEach}`);
    assert(bytes <= 4 * parts * bytesEach, `${bytes / parts} bytes each, of ${bytesEach}`);
  });
}
