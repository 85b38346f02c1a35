import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { mapKey } from "../../core/map_key.ts";
import { TopicMap } from "../../core/topic_map.ts";
import { TopicSet } from "../../core/topic_set.ts";
import { TopicIndex } from "../../core/topic_index.ts";

const digits = fc.stringMatching(/^\d{0,18}$/);

Deno.test("different strings have different keys, and equal strings equal ones", () => {
  const text = fc.oneof(
    digits,
    fc.string({ maxLength: 3 }),
    fc.integer().map(String),
    fc.bigInt().map(String),
  );
  fc.assert(fc.property(text, text, (a, b) => (mapKey(a) === mapKey(b)) === (a === b)), {
    seed: 1,
    numRuns: 20_000,
  });
  const edges = ["", "0", "00", "1", "01", "4294967295", "4294967296", "2147483648", "9007199254740991"]
    .concat("9007199254740992", "9999999999999999", "99999999999999999", "1a", "1 ", "-1", "1.5", "#1", "１");
  assertEquals(new Set(edges.map(mapKey)).size, edges.length);
});

/** Digits whose hashes V8 puts into few buckets. */
const FLOODS = {
  "multiples of 65,536": (i: number) => String(i * 65_536),
  "multiples of 2^20": (i: number) => String(i * 2 ** 20),
  "multiples of 1,024": (i: number) => String(i * 1024),
  "ten digits": (i: number) => String(1_000_013_824 + i * 65_536),
  "fifteen digits": (i: number) => String(1e14 + i * 2 ** 16),
};

for (const [what, digitsOf] of Object.entries(FLOODS)) {
  Deno.test(`topics that V8 would put into one bucket cost no more than others: ${what}`, () => {
    const COUNT = 40_000;
    const fill = (textOf: (i: number) => string): number => {
      const texts = Array.from({ length: COUNT }, (_, i) => textOf(i));
      const start = performance.now();
      const set = new TopicSet();
      const map = new TopicMap<number>();
      const types = new TopicIndex<number>();
      const ids = new TopicIndex<number>();
      for (const text of texts) {
        set.add(text);
        map.set(text, 1);
        types.set({ type: text, id: undefined }, 1);
        ids.set({ type: "n", id: text }, 1);
      }
      assertEquals([set.size, map.size, types.size, ids.size], Array(4).fill(COUNT));
      return performance.now() - start;
    };
    let [other, flood] = [Infinity, Infinity];
    const deadline = performance.now() + 5000;
    // In turns: another program can stop some of them for long, but hardly all.
    do {
      other = Math.min(other, fill((i) => `topic_${i}`));
      flood = Math.min(flood, fill(digitsOf));
    } while (flood >= 3 * other + 50 && performance.now() < deadline);
    assert(flood < 3 * other + 50, `${flood} ms, and ${other} ms for others`);
  });
}

Deno.test("a set of topics is a set of their strings", () => {
  const topics = ["10", "n:1", "*", "007"];
  const set = new TopicSet([...topics, "10"]);
  assertEquals([set.size, [...set], set.add("10"), set.add("x")], [4, topics, false, true]);
  assertEquals([set.delete("10"), set.delete("10"), set.has("10"), set.has("7")], [
    true,
    false,
    false,
    false,
  ]);
  set.clear();
  assertEquals([...set], []);
});

Deno.test("a map of topics keeps its order, and an entry that is set again its place", () => {
  const map = new TopicMap<number>([["2", 1], ["a", 2]]);
  map.set("1", 3);
  map.set("2", 4);
  assertEquals([[...map], [...map.keys()], map.get("1"), map.get("3")], [
    [["2", 4], ["a", 2], ["1", 3]],
    ["2", "a", "1"],
    3,
    undefined,
  ]);
  assertEquals([map.delete("1"), map.delete("1"), map.size], [true, false, 2]);
});
