import { assertFunction } from "../core/arguments.ts";
import { whenKnown } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { MaybePromise, Operator } from "./types.ts";

/**
 * Yields the accumulated result after each value. {@linkcode reduce} yields only the last one.
 *
 * @param reducer Accumulates a value, and can return a promise. Its third argument is the value's index.
 * @param initial The accumulator before the first value.
 * @returns The operator.
 * @throws {TypeError} If `reducer` is not a function.
 *
 * @example Keep a running total
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, scan, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], scan((total, n) => total + n, 0), toArray()), [1, 3, 6]);
 * ```
 */
export function scan<T, TResult>(
  reducer: (accumulated: TResult, value: T, index: number) => MaybePromise<TResult>,
  initial: TResult,
): Operator<T, TResult> {
  assertFunction("the reducer", reducer);
  return stepOperator(() => {
    let index = 0;
    let accumulated = initial;
    return (value: T) =>
      whenKnown<TResult, TResult>(reducer(accumulated, value, index++), (next) => accumulated = next);
  });
}
