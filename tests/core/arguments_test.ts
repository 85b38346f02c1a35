import { assertEquals, assertThrows } from "@std/assert";
import {
  assertBound,
  assertCount,
  assertDuration,
  assertFunction,
  assertOverflow,
  assertSignal,
  MAX_TIMER_MS,
} from "../../core/arguments.ts";

Deno.test("an invalid argument is refused by one sentence with its value, its name and its requirement", () => {
  const refusals: [call: () => void, error: typeof RangeError | typeof TypeError, message: string][] = [
    [() => assertFunction("the mapper", 5), TypeError, "Cannot use 5 as the mapper: it must be a function"],
    [
      () => assertCount("capacity", 0, 1),
      RangeError,
      "Cannot use 0 as capacity: it must be a whole number of at least 1",
    ],
    [
      () => assertBound("maxFrameBytes", NaN, 1024),
      RangeError,
      "Cannot use NaN as maxFrameBytes: it must be a number of at least 1024",
    ],
    [
      () => assertDuration("withinMs", -1),
      RangeError,
      "Cannot use -1 as withinMs: it must be a number of milliseconds above 0 and up to 2147483647",
    ],
    [
      () => assertOverflow("drop"),
      TypeError,
      'Cannot use "drop" as overflow: it must be "error", "drop-oldest" or "drop-newest"',
    ],
    [() => assertSignal({}), TypeError, "Cannot use {} as signal: it must be an AbortSignal"],
  ];
  for (const [call, error, message] of refusals) assertEquals(assertThrows(call, error).message, message);
});

Deno.test("a count is a whole number, a bound any number, and a duration one that a timer supports", () => {
  for (const value of [0, 1, Infinity]) assertCount("count", value, 0);
  for (const value of [Infinity, 0.5, NaN, "1", 1n]) {
    assertThrows(() => assertCount("count", value, 1), RangeError);
  }
  for (const value of [1, 1.5, Infinity]) assertBound("bound", value, 1);
  for (const value of [0.5, NaN, "1", undefined]) {
    assertThrows(() => assertBound("bound", value, 1), RangeError);
  }
  for (const value of [0.5, MAX_TIMER_MS]) assertDuration("duration", value);
  for (const value of [0, MAX_TIMER_MS + 1, Infinity, NaN, "1"]) {
    assertThrows(() => assertDuration("duration", value), RangeError);
  }
});

Deno.test("a signal must be an AbortSignal or undefined", () => {
  for (const signal of [undefined, new AbortController().signal, AbortSignal.abort()]) assertSignal(signal);
  for (const signal of [null, 5, "text", {}, new EventTarget(), new AbortController()]) {
    assertThrows(() => assertSignal(signal), TypeError, "it must be an AbortSignal");
  }
});
