import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type Topic, topicOf } from "../../core/topic.ts";
import { TopicIndex } from "../../core/topic_index.ts";

const TYPES = ["a", "b", "*"];
const IDS = [undefined, "", "1", "1:2"];
const TOPICS: Topic[] = TYPES.flatMap((type) => IDS.map((id) => ({ type, id })));

const topic = fc.constantFrom(...TOPICS);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("set" as const), topic }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("delete" as const), topic }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
  // A look-up is a separate operation, because the index remembers the last one.
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("look up" as const), type: fc.constantFrom(...TYPES) }),
  },
);

interface Value {
  readonly serial: number;
}

function assertSame(index: TopicIndex<Value>, model: Map<string, Value>): void {
  assertEquals(index.size, model.size);
  assertEquals(
    [...index.values()].map(({ serial }) => serial).sort((a, b) => a - b),
    [...model.values()].map(({ serial }) => serial).sort((a, b) => a - b),
  );
  for (const { type, id } of TOPICS) {
    assertStrictEquals(index.get({ type, id }), model.get(topicOf(type, id)));
  }
}

function assertLookedUp(index: TopicIndex<Value>, model: Map<string, Value>, type: string): void {
  assertStrictEquals(index.bare(type), type === "*" ? undefined : model.get(type));
  for (const id of IDS) {
    if (id !== undefined) assertStrictEquals(index.find(type, id), model.get(topicOf(type, id)));
  }
  assertStrictEquals(index.bare(type), type === "*" ? undefined : model.get(type));
  assertStrictEquals(index.every, model.get("*"));
}

Deno.test("an index holds what a map of topics would hold, after any operations", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const index = new TopicIndex<Value>();
      const model = new Map<string, Value>();
      let serial = 0;
      for (const operation of operations) {
        switch (operation.kind) {
          case "set": {
            const value = { serial: serial++ };
            index.set(operation.topic, value);
            model.set(topicOf(operation.topic.type, operation.topic.id), value);
            break;
          }
          case "delete": {
            const { type, id } = operation.topic;
            assertEquals(index.delete(operation.topic), model.delete(topicOf(type, id)));
            break;
          }
          case "clear":
            index.clear();
            model.clear();
            break;
          case "look up":
            assertLookedUp(index, model, operation.type);
            break;
        }
        assertSame(index, model);
      }
    }),
    { seed: 1, numRuns: 1000 },
  );
});

Deno.test("a type that was not found is found after it has been added", () => {
  const index = new TopicIndex<string>();
  assertEquals([index.bare("a"), index.find("a", "1")], [undefined, undefined]);
  index.set({ type: "a", id: "1" }, "value");
  assertEquals([index.bare("a"), index.find("a", "1")], [undefined, "value"]);
});

Deno.test("a type that was looked up is removed with its last topic", () => {
  for (const forget of [(index: TopicIndex<string>) => void index.delete({ type: "a", id: "1" }), clear]) {
    const index = new TopicIndex<string>();
    index.set({ type: "a", id: "1" }, "value");
    assertEquals([index.bare("a"), index.find("a", "1")], [undefined, "value"]);
    forget(index);
    assertEquals([index.bare("a"), index.find("a", "1"), index.size], [undefined, undefined, 0]);
    index.set({ type: "a", id: undefined }, "bare");
    assertEquals([index.bare("a"), index.find("a", "1")], ["bare", undefined]);
  }
});

function clear(index: TopicIndex<string>): void {
  index.clear();
}

Deno.test("the type * with an id is a type like any other", () => {
  const index = new TopicIndex<string>();
  index.set({ type: "*", id: "1" }, "id");
  assertStrictEquals(index.every, undefined);
  index.set({ type: "*", id: undefined }, "every");
  assertEquals([index.size, index.every, index.get({ type: "*", id: "1" })], [2, "every", "id"]);
  assertEquals(index.delete({ type: "*", id: "1" }), true);
  assertEquals([index.size, index.every], [1, "every"]);
});
