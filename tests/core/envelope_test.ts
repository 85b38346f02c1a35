import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertEnvelope, detailOf, envelopeFault, envelopeOn, topicOfEnvelope } from "../../core/envelope.ts";
import { describe } from "../../core/describe.ts";

const ENVELOPE = { type: "news", id: "a:b", payload: { text: "x" } };

const NO_ENVELOPES: [value: unknown, fault: string][] = [
  [undefined, "it is not an object"],
  [null, "it is not an object"],
  ["news:1", "it is not an object"],
  [5, "it is not an object"],
  [() => {}, "it is not an object"],
  [{}, "it has no id"],
  [[], "it has no id"],
  [{ type: "news" }, "it has no id"],
  [{ type: "news", id: null }, "the id is not a string"],
  [{ type: "news", id: 1 }, "the id is not a string"],
  [{ id: "1" }, "the event type is not a string"],
  [{ type: "a:b", id: "1" }, 'the event type contains ":"'],
  [{ type: "*", id: "1" }, 'the event type "*" stands for every type'],
  [{ type: "__hello", id: "1" }, 'event types that start with "__" are reserved'],
  [{ type: "news", id: "x".repeat(1024) }, "the topic is longer than 1024 bytes"],
];

for (const [value, fault] of NO_ENVELOPES) {
  Deno.test(`${describe(value).slice(0, 40)} is not an envelope: ${fault}`, () => {
    assertEquals(envelopeFault(value), fault);
    const error = assertThrows(() => assertEnvelope(value), TypeError);
    assertEquals(error.message, `Cannot publish ${describe(value)}: ${fault}`);
    assertStrictEquals(envelopeOn("*", value), undefined);
  });
}

Deno.test("an envelope needs a type and an id, and can lack a payload or have other members", () => {
  for (
    const value of [ENVELOPE, { type: "news", id: "" }, { ...ENVELOPE, more: 1 }, Object.create(ENVELOPE)]
  ) {
    assertStrictEquals(envelopeFault(value), undefined);
    assertEnvelope(value);
  }
});

Deno.test("the topic of an envelope is that of its type and id", () => {
  assertEquals(topicOfEnvelope(ENVELOPE), "news:a:b");
});

Deno.test("an envelope is delivered on its topic, its bare type and *, and nowhere else", () => {
  for (const topic of ["news:a:b", "news", "*"]) assertStrictEquals(envelopeOn(topic, ENVELOPE), ENVELOPE);
  for (const topic of ["news:a", "news:", "other", "", "news:*", "new"]) {
    assertStrictEquals(envelopeOn(topic, ENVELOPE), undefined);
  }
});

Deno.test("a value with unreadable members is not an envelope", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const hostile = {
    type: "news",
    get id(): string {
      throw new Error("no");
    },
  };
  for (const value of [proxy, hostile, Event.prototype]) assert(envelopeOn("*", value) === undefined);
});

Deno.test("the detail of an event without one is undefined", () => {
  assertStrictEquals(detailOf(new CustomEvent("x", { detail: ENVELOPE })), ENVELOPE);
  assertStrictEquals(detailOf(new Event("x")), undefined);
});
