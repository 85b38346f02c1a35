import { assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  assertSubscribable,
  EVERY_TOPIC,
  isTopic,
  MAX_TOPIC_BYTES,
  RESERVED_PREFIX,
  splitTopic,
  subscriptionFault,
  topicFault,
  topicOf,
} from "../../core/topic.ts";

const SEED = 1;

/** Strings near the rules: separators, reserved prefixes, lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", ":", "*", "_", "é", "🎈", "\ud800", "\udc00"), maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

function isValid(type: string, id: string | undefined): boolean {
  return type.isWellFormed() && type !== "" && type !== "*" && !type.startsWith("__") &&
    !type.includes(":") && (id === undefined || id.isWellFormed());
}

Deno.test("isTopic returns whether a topic is that of a type and an id", () => {
  fc.assert(
    fc.property(text, text, text, (topic, type, id) => {
      assertEquals(isTopic(topicOf(type, id), type, id), true);
      assertEquals(isTopic(topic, type, id), topic === topicOf(type, id));
    }),
    { seed: SEED },
  );
  for (const topic of ["", "t", "t:", "t:i:", "t i", "ti:", ":t"]) {
    // Independent of the previous result.
    assertEquals(isTopic("t:i", "t", "i"), true);
    assertEquals(isTopic(topic, "t", "i"), false);
    assertEquals(isTopic(topic, "t", "i"), false);
  }
  for (const [type, id] of [["t", "j"], ["u", "i"], ["", "t:i"], ["t:i", ""]] as const) {
    assertEquals(isTopic("t:i", "t", "i"), true);
    assertEquals(isTopic("t:i", type, id), false);
  }
});

Deno.test("the topic of a type and an id joins them by the first separator", () => {
  assertEquals(topicOf("session.status", "proj_123"), "session.status:proj_123");
  assertEquals(topicOf("session.status", "a:b"), "session.status:a:b");
  assertEquals(topicOf("session.status", ""), "session.status:");
});

Deno.test("the topic of every id of a type is the bare type", () => {
  assertEquals(topicOf("session.status", undefined), "session.status");
  assertEquals(topicOf(EVERY_TOPIC, undefined), "*");
});

Deno.test("a topic is split at its first separator", () => {
  assertEquals(splitTopic("a:b:c"), { type: "a", id: "b:c" });
  assertEquals(splitTopic("a:"), { type: "a", id: "" });
  assertEquals(splitTopic(":a"), { type: "", id: "a" });
  assertEquals(splitTopic("a"), { type: "a", id: undefined });
  assertEquals(splitTopic(""), { type: "", id: undefined });
});

Deno.test("any string is the topic of its two parts", () => {
  fc.assert(
    fc.property(text, (topic) => {
      const { type, id } = splitTopic(topic);
      assertEquals(topicOf(type, id), topic);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("two valid pairs of type and id never share a topic", () => {
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), (type, id) => {
      fc.pre(topicFault(type, id) === undefined);
      assertEquals(splitTopic(topicOf(type, id)), { type, id });
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("a type and an id are a topic exactly if both are well-formed and valid", () => {
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), (type, id) => {
      assertEquals(topicFault(type, id) === undefined, isValid(type, id));
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

Deno.test("the empty type is invalid, also as the first one that is checked", async () => {
  // A new instance of the module, which has checked nothing yet.
  const fresh: typeof import("../../core/topic.ts") = await import(
    new URL("../../core/topic.ts#fresh", import.meta.url).href
  );
  assertNotEquals(fresh.topicFault, topicFault);
  assertEquals(fresh.topicFault("", "1"), "the event type is empty");
});

const FAULTS: [type: unknown, id: unknown, fault: string][] = [
  [5, "1", "the event type is not a string"],
  [undefined, "1", "the event type is not a string"],
  ["", "1", "the event type is empty"],
  ["*", "1", 'the event type "*" stands for every type'],
  ["*", undefined, 'the event type "*" stands for every type'],
  [RESERVED_PREFIX, "1", 'event types that start with "__" are reserved'],
  ["__hello", undefined, 'event types that start with "__" are reserved'],
  ["a:b", "1", 'the event type contains ":"'],
  ["a\ud800", "1", "the event type has a lone surrogate"],
  ["a", null, "the id is not a string"],
  ["a", 5, "the id is not a string"],
  ["a", "x\udc00", "the id has a lone surrogate"],
  ["a", "é\ud83c", "the id has a lone surrogate"],
  ["a", "x".repeat(MAX_TOPIC_BYTES), "the topic is longer than 1024 bytes"],
  ["x".repeat(MAX_TOPIC_BYTES + 1), undefined, "the topic is longer than 1024 bytes"],
];

for (const [type, id, fault] of FAULTS) {
  Deno.test(`${JSON.stringify({ type, id }).slice(0, 40)} is not a topic: ${fault}`, () => {
    assertStrictEquals(topicFault(type, id), fault);
  });
}

for (
  const [type, id] of [["_a", "1"], ["a.b", ""], ["a*", "*"], ["a b", "__hello"], ["é", "🎈:x"]] as const
) {
  Deno.test(`${JSON.stringify({ type, id })} is a topic`, () => {
    assertStrictEquals(topicFault(type, id), undefined);
  });
}

for (const unit of ["x", "é", "€", "🎈"]) {
  const bytes = new TextEncoder().encode(unit).length;

  Deno.test(`a topic of ${bytes}-byte characters can take 1,024 bytes and not one more`, () => {
    const id = unit.repeat(Math.floor((MAX_TOPIC_BYTES - 2) / bytes));
    const filling = "x".repeat(MAX_TOPIC_BYTES - 2 - new TextEncoder().encode(id).length);
    assertStrictEquals(topicFault("t", filling + id), undefined);
    assertStrictEquals(topicFault("t", filling + id + "x"), "the topic is longer than 1024 bytes");
  });
}

Deno.test("a bare type can take 1,024 bytes", () => {
  assertStrictEquals(topicFault("x".repeat(MAX_TOPIC_BYTES), undefined), undefined);
  assertStrictEquals(topicFault("é".repeat(MAX_TOPIC_BYTES / 2), undefined), undefined);
});

Deno.test("the validity of one type does not affect the next one", () => {
  assertEquals(["a", "a:b", "a", "a:b", "a:b", "a"].map((type) => topicFault(type, "1") === undefined), [
    true,
    false,
    true,
    false,
    false,
    true,
  ]);
});

Deno.test("* can be subscribed to, but is not an event type", () => {
  assertStrictEquals(subscriptionFault({ type: "*", id: undefined }), undefined);
  assertStrictEquals(subscriptionFault({ type: "a", id: undefined }), undefined);
  assertStrictEquals(subscriptionFault({ type: "a", id: "1" }), undefined);
  assertEquals(subscriptionFault({ type: "*", id: "1" }), 'the event type "*" stands for every type');
  assertEquals(subscriptionFault({ type: "", id: undefined }), "the event type is empty");
  assertEquals(subscriptionFault({ type: "__x", id: "1" }), 'event types that start with "__" are reserved');
});

Deno.test("the error of an invalid topic names the topic and the reason", () => {
  for (const topic of ["*", "a", "a:1", "a:"]) assertSubscribable(splitTopic(topic));
  const error = assertThrows(() => assertSubscribable({ type: "__x", id: "1" }), TypeError);
  assertEquals(
    error.message,
    'Cannot listen to {"type":"__x","id":"1"}: event types that start with "__" are reserved',
  );
});
