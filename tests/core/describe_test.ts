import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { decodeError, describe, keepable, messageOf, printable } from "../../core/describe.ts";
import { processorMs } from "../support/processor_time.ts";

Deno.test("a value is described by its JSON, or by its type if it has no JSON", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const hostile = {
    toJSON() {
      throw new Error("no");
    },
  };
  const values = [
    { type: "news", id: "a:b", payload: { text: "x" } },
    "text",
    null,
    undefined,
    5n,
    Symbol("s"),
    () => {},
    cycle,
    hostile,
    NaN,
    new Map([["password", "secret"]]),
    new (class Client {
      password = "secret";
    })(),
    Object.create(null),
    [new Date(0)],
  ];
  assertEquals(values.map(describe), [
    '{"type":"news","id":"a:b","payload":{"text":"x"}}',
    '"text"',
    "null",
    "undefined",
    "bigint",
    "symbol",
    "function",
    "object",
    "object",
    "NaN",
    "[Map]",
    "[Client]",
    "{}",
    '["1970-01-01T00:00:00.000Z"]',
  ]);
});

Deno.test("a description takes at most a hundred characters", () => {
  assertEquals(describe("x".repeat(98)), `"${"x".repeat(98)}"`);
  assertEquals(describe("x".repeat(99)), `"${"x".repeat(96)}...`);
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), (value) => {
      const text = describe(value);
      assert(text.length > 0);
      assertLessOrEqual(text.length, 100);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("text of a peer is quoted without characters that act on a terminal or change its direction", () => {
  const hostile = "\x1b]0;t\x07\x9b\u202e\u2028\ud800";
  const escaped = "\\u001b]0;t\\u0007\\u009b\\u202e\\u2028\\ud800";
  assertEquals(printable(hostile), escaped);
  assertEquals(messageOf(new Error(hostile)), escaped);
  assertEquals(decodeError("a frame", new Error(hostile)).message, `Cannot decode a frame: ${escaped}`);
  assertEquals(describe({ "\x9b": "\u2066" }), '{"\\u009b":"\\u2066"}');
  assertEquals(printable("é中🙂\t".repeat(2)), "é中🙂\\u0009é中🙂\\u0009");
  assertEquals([printable("x".repeat(501)).length, keepable("x".repeat(501), 10)], [500, "xxxxxxx..."]);
  assertEquals([keepable(hostile), keepable("a\nb")], [hostile, "a\nb"]);
});

Deno.test("a syntax error is quoted, and other causes are kept", () => {
  const cause = new Error("no");
  assertEquals(decodeError("x", cause).cause, cause);
  assertEquals("cause" in decodeError("x", new SyntaxError("no")), false);
});

Deno.test("what is left out of a description costs nothing: a peer's array can have millions of holes", () => {
  const array = new Array(10 ** 8);
  const start = processorMs();
  assertEquals(describe({ array }).slice(0, 20), '{"array":[null,null,');
  assertLessOrEqual(processorMs() - start, 1000, "milliseconds");
});
