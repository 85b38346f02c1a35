import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { SpokeTopics } from "../../../adapters/_hub/spoke_topics.ts";

Deno.test("the topics of a spoke are a set, whichever way they are read, however many of them are numbers", () => {
  const expected = new Set<string>();
  const topics = new SpokeTopics();
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
      assert(topics.add(topic) === topics);
      expected.add(topic);
    }
  }
  check();
  for (let i = 0; i < 600; i += 7) {
    assertEquals([topics.delete(String(i)), topics.delete(String(i))], [true, false]);
    expected.delete(String(i));
  }
  check();
  for (let i = 0; i < 700; i++) {
    topics.add(String(i));
    expected.add(String(i));
  }
  check();
  topics.clear();
  expected.clear();
  check();
});

Deno.test("numbers of one bucket cost a spoke no more than others", () => {
  const fill = (topicOf: (i: number) => string): number => {
    const topics = new SpokeTopics();
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) topics.add(topicOf(i));
    for (let i = 0; i < 20_000; i++) topics.delete(topicOf(i));
    return performance.now() - start;
  };
  // Another program can stop one of them for long, but hardly all three.
  const least = (topicOf: (i: number) => string) => Math.min(...[1, 2, 3].map(() => fill(topicOf)));
  const other = least((i) => `topic_${i}`);
  const flood = least((i) => String(i * 65_536));
  assert(flood < 6 * other + 100, `${flood} ms, and ${other} ms for others`);
});
