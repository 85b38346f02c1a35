import { assertCount } from "../core/arguments.ts";
import { SKIP } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Leaves out the first values.
 *
 * @param count How many values to leave out.
 * @returns The operator.
 * @throws {RangeError} If the count is not a whole number from 0.
 *
 * @example Drop the first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { drop, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a", "b", "c"], drop(1), toArray()), ["b", "c"]);
 * ```
 */
export function drop<T>(count: number): Operator<T, T> {
  assertCount("number of values to drop", count, 0);
  return stepOperator(() => {
    let left = count;
    return (value: T) => left > 0 && left-- > 0 ? SKIP : value;
  });
}
