import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { NamedTopic } from "../../../adapters/_hub/named_topic.ts";
import { SpokeTopics } from "../../../adapters/_hub/spoke_topics.ts";
import { TopicTable } from "../../../adapters/_hub/topic_table.ts";

function remove(table: TopicTable<NamedTopic>, name: string): void {
  const topic = table.find(name);
  assert(topic !== undefined);
  table.remove(topic);
}

Deno.test("the topics of a spoke are a set, whichever way they are read, however many of them are numbers", () => {
  const expected = new Set<string>();
  const table = new TopicTable<NamedTopic>();
  const topics = new SpokeTopics(table);
  assertInstanceOf(topics, Set);
  const check = () => {
    const all = [...expected].toSorted();
    assertEquals([topics.size, [...topics].toSorted()], [expected.size, all]);
    assertEquals([[...topics.keys()].toSorted(), [...topics.values()].toSorted()], [all, all]);
    assertEquals(
      [...topics.entries()].map(([key, value]) => key + value).toSorted(),
      all.map((each) => each + each).toSorted(),
    );
    const seen: string[] = [];
    topics.forEach((topic, key, set) => void (set === topics && key === topic && seen.push(topic)));
    assertEquals(seen.toSorted(), all);
    for (const topic of expected) assert(topics.has(topic));
    assert(!topics.has("none") && !topics.has("99999999"));
  };
  check();
  for (let i = 0; i < 600; i++) {
    for (const topic of [String(i), `n:${i}`, String(i)]) {
      if (!topics.has(topic)) table.add(new NamedTopic(topic));
      expected.add(topic);
    }
  }
  check();
  for (let i = 0; i < 600; i += 7) {
    remove(table, String(i));
    assertEquals(table.find(String(i)), undefined);
    expected.delete(String(i));
  }
  check();
  for (let i = 0; i < 700; i++) {
    if (!table.has(String(i))) table.add(new NamedTopic(String(i)));
    expected.add(String(i));
  }
  check();
  table.clear();
  expected.clear();
  check();
});

Deno.test("the topics of a spoke are compared with other sets, and printed", () => {
  const table = new TopicTable<NamedTopic>();
  const topics = new SpokeTopics(table);
  for (const topic of ["a", "b:1", "7"]) table.add(new NamedTopic(topic));
  const other = new Set(["7", "c"]);
  assertEquals(topics.union(other), new Set(["a", "b:1", "7", "c"]));
  assertEquals([topics.intersection(other), other.intersection(topics)], [new Set(["7"]), new Set(["7"])]);
  assertEquals(topics.difference(other), new Set(["a", "b:1"]));
  assertEquals(topics.symmetricDifference(other), new Set(["a", "b:1", "c"]));
  assertEquals([topics.isSupersetOf(new Set(["a"])), new Set(["a"]).isSubsetOf(topics)], [true, true]);
  assertEquals([topics.isSubsetOf(other), topics.isDisjointFrom(new Set(["x"]))], [false, true]);
  assertMatch(Deno.inspect(topics), /^SpokeTopics Set\(3\) \{ "a", "b:1", "7" \}$/);
});

Deno.test("topics whose hashes are equal are kept apart", () => {
  const same = (name: string) => ({ name, hash: 1 });
  const table = new TopicTable<{ name: string; hash: number }>();
  const names = ["a", "b", "c"];
  for (const name of names) {
    assertEquals(table.get(same(name)), undefined);
    table.add(same(name));
  }
  assertEquals([table.size, Array.from(table, ({ name }) => name)], [3, names]);
  for (const [i, name] of names.entries()) {
    assertEquals(table.get(same(name)), same(name));
    table.remove(same(name));
    assertEquals([table.get(same(name)), table.size], [undefined, 2 - i]);
    for (const later of names.slice(i + 1)) assertEquals(table.get(same(later)), same(later));
  }
  // Added in another order, with another looked up in between.
  table.add(same("b"));
  assertEquals([table.get({ name: "x", hash: 2 }), table.get(same("c"))], [undefined, undefined]);
  table.add(same("c"));
  assertEquals([table.get(same("b")), table.get(same("c"))], [same("b"), same("c")]);
});

Deno.test("numbers of one bucket cost a spoke no more than others", () => {
  const fill = (topicOf: (i: number) => string): number => {
    const table = new TopicTable<NamedTopic>();
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) table.add(new NamedTopic(topicOf(i)));
    for (let i = 0; i < 20_000; i++) remove(table, topicOf(i));
    return performance.now() - start;
  };
  let [other, flood] = [Infinity, Infinity];
  const deadline = performance.now() + 5000;
  // In turns: another program can stop some of them for long, but hardly all.
  do {
    other = Math.min(other, fill((i) => `topic_${i}`));
    flood = Math.min(flood, fill((i) => String(i * 65_536)));
  } while (flood >= 6 * other + 100 && performance.now() < deadline);
  assert(flood < 6 * other + 100, `${flood} ms, and ${other} ms for others`);
});
