import { assertCount } from "../core/arguments.ts";
import { Last } from "./_shared/outcome.ts";
import { runSteps, stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Yields the first values, then ends. The source is returned together with the last of them, and no further value is
 * requested. `take(0)` requests no value, and returns the source when the operator is called.
 *
 * @param count The number of values to yield.
 * @returns The operator.
 * @throws {RangeError} If `count` is neither a whole number of at least 0 nor `Infinity`.
 *
 * @example Yield the first two values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, take, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a", "b", "c"], take(2), toArray()), ["a", "b"]);
 * ```
 */
export function take<T>(count: number): Operator<T, T> {
  assertCount("the number of values to take", count, 0);
  if (count === 0) {
    return (source) => {
      const values = runSteps<T>(source, []);
      values.discard();
      return values;
    };
  }
  return stepOperator<T, T>(() => {
    let left = count;
    return (value: T) => --left === 0 ? new Last(value) : value;
  });
}
