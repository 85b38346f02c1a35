import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { describe } from "../../core/describe.ts";

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
