import { assertCount } from "../core/arguments.ts";
import { Last } from "./_shared/outcome.ts";
import { runSteps, stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Ends after some values. The source is returned with the last of them, and no further value is asked for;
 * `take(0)` asks for none, and returns the source when it is called with it.
 *
 * @param count How many values to give.
 * @returns The operator.
 * @throws {RangeError} If the count is not a whole number from 0.
 *
 * @example Take the first two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, take, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a", "b", "c"], take(2), toArray()), ["a", "b"]);
 * ```
 */
export function take<T>(count: number): Operator<T, T> {
  assertCount("number of values to take", count, 0);
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
