import { assertCount } from "../core/arguments.ts";
import { SKIP } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Skips the first values.
 *
 * @param count The number of values to skip.
 * @returns The operator.
 * @throws {RangeError} If `count` is neither a whole number of at least 0 nor `Infinity`.
 *
 * @example Skip the first value
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { drop, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a", "b", "c"], drop(1), toArray()), ["b", "c"]);
 * ```
 */
export function drop<T>(count: number): Operator<T, T> {
  assertCount("the number of values to drop", count, 0);
  return stepOperator(() => {
    let left = count;
    return (value: T) => left > 0 && left-- > 0 ? SKIP : value;
  });
}
