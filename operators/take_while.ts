import { assertFunction } from "../core/arguments.ts";
import { END, whenKnown } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { MaybePromise, Operator } from "./types.ts";

/**
 * Yields values as long as a predicate accepts them. The first value that it rejects is dropped, and ends the iteration.
 *
 * @param predicate Decides whether to continue, and can return a promise. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `predicate` is not a function.
 *
 * @example Read until something happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, takeWhile, toArray } from "@alkdev/pubsub";
 *
 * const states = ["starting", "running", "stopped", "starting"];
 * const lived = await pipe(states, takeWhile((state) => state !== "stopped"), toArray());
 * assertEquals(lived, ["starting", "running"]);
 * ```
 */
export function takeWhile<T>(
  predicate: (value: T, index: number) => MaybePromise<boolean>,
): Operator<T, T> {
  assertFunction("the predicate", predicate);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => whenKnown(predicate(value, index++), (accepted) => accepted ? value : END);
  });
}
