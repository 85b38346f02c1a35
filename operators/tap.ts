import { assertFunction } from "../core/arguments.ts";
import { whenKnown } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/**
 * Shows each value to an observer, and gives it on. A promise that the observer returns is awaited first, so
 * that its rejection is the consumer's.
 *
 * @param observer Sees a value; its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If the observer is not a function.
 *
 * @example Log on the way
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
  assertFunction("observer", observer);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => whenKnown(observer(value, index++), () => value);
  });
}
