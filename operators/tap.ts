import { assertFunction } from "../core/arguments.ts";
import { whenKnown } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Calls an observer with each value, and yields the value unchanged. If the observer returns a promise, it is awaited
 * first, so that the reader gets its rejection.
 *
 * @param observer Observes a value. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `observer` is not a function.
 *
 * @example Log values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, take, tap, toArray } from "@alkdev/pubsub";
 *
 * const seen: string[] = [];
 * const values = await pipe(["a", "b", "c"], tap((value) => seen.push(value)), take(2), toArray());
 * assertEquals(values, ["a", "b"]);
 * assertEquals(seen, ["a", "b"]);
 * ```
 */
export function tap<T>(observer: (value: T, index: number) => unknown): Operator<T, T> {
  assertFunction("the observer", observer);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => whenKnown(observer(value, index++), () => value);
  });
}
