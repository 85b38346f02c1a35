import { assertFunction } from "../core/arguments.ts";
import { SKIP, whenKnown } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { MaybePromise, Operator } from "./types.ts";

/**
 * Keeps the values that a type guard accepts.
 *
 * @param predicate Decides whether to keep a value. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `predicate` is not a function.
 *
 * @example Narrow the type of values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filter, pipe, toArray } from "@alkdev/pubsub";
 *
 * const isText = (value: unknown): value is string => typeof value === "string";
 * const texts: string[] = await pipe([1, "a", true, "b"], filter(isText), toArray());
 * assertEquals(texts, ["a", "b"]);
 * ```
 */
export function filter<T, U extends T>(
  predicate: (value: T, index: number) => value is U,
): Operator<T, U>;
/**
 * Keeps the values that a predicate accepts.
 *
 * @param predicate Decides whether to keep a value, and can return a promise. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `predicate` is not a function.
 *
 * @example Keep even numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filter, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3, 4], filter((n) => n % 2 === 0), toArray()), [2, 4]);
 * assertEquals(await pipe([1, 2, 3, 4], filter((n) => Promise.resolve(n > 2)), toArray()), [3, 4]);
 * ```
 */
export function filter<T>(
  predicate: (value: T, index: number) => MaybePromise<boolean>,
): Operator<T, T>;
export function filter<T>(
  predicate: (value: T, index: number) => MaybePromise<boolean>,
): Operator<T, T> {
  assertFunction("the predicate", predicate);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => {
      const kept = predicate(value, index++);
      // Most filters answer at once, which takes no closure.
      if (kept === true) return value;
      return kept === false ? SKIP : whenKnown(kept, (isKept) => isKept ? value : SKIP);
    };
  });
}
