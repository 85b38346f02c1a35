import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { expectTypeOf } from "expect-type";

class NamedError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

Deno.test("assertions narrow their argument", () => {
  const text: unknown = "a";
  assert(typeof text === "string");
  expectTypeOf(text).toEqualTypeOf<string>();

  const maybe = new Map([["k", 1]]).get("k");
  assertExists(maybe);
  expectTypeOf(maybe).toEqualTypeOf<number>();

  const error: unknown = new NamedError(7, "x");
  assertInstanceOf(error, NamedError);
  expectTypeOf(error).toEqualTypeOf<NamedError>();

  const literal: unknown = 3;
  assertStrictEquals(literal, 3 as const);
  expectTypeOf(literal).toEqualTypeOf<3>();

  const empty: string | undefined = [""].at(1);
  assertFalse(empty);
  expectTypeOf(empty).toEqualTypeOf<"" | undefined>();
});

Deno.test("assertThrows and assertRejects return the error as the class that was asked for", async () => {
  const throwing = () => {
    throw new NamedError(7, "no room left");
  };
  const thrown = assertThrows(throwing, NamedError, "no room");
  expectTypeOf(thrown).toEqualTypeOf<NamedError>();
  assertEquals(thrown.code, 7);

  const rejected = await assertRejects(() => Promise.reject(thrown), NamedError, "no room");
  expectTypeOf(rejected).toEqualTypeOf<NamedError>();
  assertStrictEquals(rejected, thrown);
  expectTypeOf(assertThrows(throwing)).toEqualTypeOf<unknown>();
});

const failing: Record<string, () => unknown> = {
  assert: () => assert(0),
  assertFalse: () => assertFalse(1),
  assertExists: () => assertExists(null),
  assertInstanceOf: () => assertInstanceOf({}, NamedError),
  assertEquals: () => assertEquals({ a: [1] }, { a: [2] }),
  assertNotEquals: () => assertNotEquals({ a: [1] }, { a: [1] }),
  assertStrictEquals: () => assertStrictEquals({}, {}),
  assertNotStrictEquals: () => assertNotStrictEquals(failing, failing),
  assertAlmostEquals: () => assertAlmostEquals(1, 1.2, 0.1),
  assertObjectMatch: () => assertObjectMatch({ a: 1, b: 2 }, { a: 2 }),
  assertArrayIncludes: () => assertArrayIncludes([1, 2], [3]),
  assertStringIncludes: () => assertStringIncludes("abc", "d"),
  assertMatch: () => assertMatch("abc", /d/),
  assertGreater: () => assertGreater(1, 1),
  assertGreaterOrEqual: () => assertGreaterOrEqual(1, 2),
  assertLess: () => assertLess(1, 1),
  assertLessOrEqual: () => assertLessOrEqual(2, 1),
  "assertThrows: nothing thrown": () => assertThrows(() => {}),
  "assertThrows: another class": () => assertThrows(() => fail("x"), NamedError),
  "assertThrows: another message": () => assertThrows(() => fail("x"), AssertionError, "y"),
  "assertRejects: nothing rejected": () => assertRejects(() => Promise.resolve()),
  "assertRejects: another class": () => assertRejects(() => Promise.reject(new Error("x")), NamedError),
  "assertRejects: another message": () => assertRejects(() => Promise.reject(new Error("x")), Error, "y"),
  "assertRejects: thrown, not rejected": () => assertRejects(() => fail("x")),
  fail: () => fail("on purpose"),
  unreachable: () => unreachable(),
};

for (const [name, run] of Object.entries(failing)) {
  Deno.test(`${name} can fail`, async () => {
    const outcome = await Promise.try(run).then(() => undefined, (error: unknown) => error);
    if (!(outcome instanceof AssertionError)) throw new Error(`${name} let it pass: ${outcome}`);
  });
}
