import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Routes } from "../../adapters/_redis/routes.ts";
import { codecOf } from "../../adapters/_redis/serializer.ts";

const codec = codecOf(JSON);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

/** What JSON has a say in. */
const payload = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, NaN, -0, new Date(0), new Map(), [undefined], "\ud800"),
  fc.constant({ toJSON: (key: string) => `told ${key}` }),
  fc.constant({ toJSON: () => undefined }),
);

Deno.test("an envelope has the same JSON whether the start of it is known or not", () => {
  fc.assert(fc.property(fc.string(), fc.string(), payload, (type, id, payload) => {
    const routes = new Routes("");
    routes.of(type, id);
    const { head } = routes.of(type, id);
    const expected = JSON.stringify({ type, id, payload });
    assertEquals(codec.encodeEnvelope({ type, id, payload }, head), expected);
    assertEquals(codec.encodeEnvelope({ type, id, payload }), expected);
  }));
});

Deno.test("a route is that of its topic, whichever came before", () => {
  const routes = new Routes("app:");
  for (const [type, id] of [["a", "b"], ["a", "b"], ["a", ""], ["a", "b:c"], ["a", "b"]] as const) {
    const { topic, channel, head } = routes.of(type, id);
    assertEquals([topic, channel], [`${type}:${id}`, `app:${type}:${id}`]);
    if (head !== undefined) assertEquals(head, `{"type":"${type}","id":"${id}","payload":`);
  }
});

Deno.test("what cannot be encoded throws, whether the start is known or not", () => {
  for (const payload of [5n, () => {}, Symbol("s")]) {
    for (const head of [undefined, '{"type":"a","id":"b","payload":']) {
      assertThrows(() => codec.encodeEnvelope({ type: "a", id: "b", payload }, head), TypeError);
    }
  }
});

Deno.test("an empty message stands for no detail, and what a serializer returns is checked", () => {
  assertEquals([codec.encode(undefined), codec.decode(bytes(""))], ["", null]);
  // The types do not allow these; at run time any serializer can.
  const wrong = codecOf({ stringify: () => 5 as unknown as string, parse: () => null });
  const wrongBytes = codecOf({
    binary: true,
    stringify: () => "" as unknown as Uint8Array,
    parse: () => null,
  });
  assertThrows(() => wrong.encode({}), TypeError, "a string");
  assertThrows(() => wrongBytes.encode({}), TypeError, "a Uint8Array");
});

Deno.test("a binary serializer is given bytes of its own", () => {
  const message = bytes("abc");
  let given: Uint8Array | undefined;
  codecOf({ binary: true, stringify: () => message, parse: (bytes) => void (given = bytes) }).decode(message);
  assertEquals(given, message);
  message[0] = 0;
  assertEquals(given, bytes("abc"));
});
