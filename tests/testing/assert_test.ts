// The assertions of the suite can fail.

import { assertEquals as equals, assertThrows as throws } from "@std/assert";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  AssertionError,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
  eventually,
} from "../../testing/_assert.ts";

const boom = () => {
  throw new RangeError("boom");
};

Deno.test("what does not hold is an AssertionError, and what holds is not", () => {
  const different: [unknown, unknown][] = [
    [1, 2],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: undefined }],
    [new Set([1]), new Set([2])],
    [null, undefined],
    [[], {}],
    ["1", 1],
    [[[{ a: [1] }]], [[{ a: [2] }]]],
  ];
  for (const [a, b] of different) {
    throws(() => assertEquals(a, b), AssertionError);
    throws(() => assertEquals(b, a), AssertionError);
  }
  assertEquals([{ a: [1, NaN] }, new Set(["x"])], [{ a: [1, NaN] }, new Set(["x"])]);
  throws(() => assert(0), AssertionError);
  throws(() => assertStrictEquals({}, {}), AssertionError);
  throws(() => assertMatch("a", /b/), AssertionError);
  throws(() => assertInstanceOf([], Map), AssertionError);
  throws(() => assertThrows(() => {}, Error), AssertionError);
  throws(() => assertThrows(boom, TypeError), AssertionError);
  throws(() => assertThrows(boom, RangeError, "other"), AssertionError);
  equals(assertThrows(boom, RangeError, "oo").message, "boom");
});

Deno.test("a promise that does not reject as expected is an AssertionError", async () => {
  const errors = [
    assertRejects(() => Promise.resolve(), Error),
    assertRejects(() => Promise.reject(new Error("x")), RangeError),
    eventually(() => assertEquals(1, 2), 5),
  ];
  for (const result of await Promise.allSettled(errors)) {
    equals(result.status === "rejected" && result.reason instanceof AssertionError, true);
  }
});
