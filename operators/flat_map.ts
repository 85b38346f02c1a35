import { flat } from "./flat.ts";
import { map } from "./map.ts";
import type { MaybePromise, Operator, Source } from "./types.ts";

/**
 * Gives the values of the iterable or async iterable that a mapper makes of each value, one after the other:
 * the next value is asked for when the one before has been read to its end.
 *
 * @param mapper Makes a source of a value, at once or by a promise; its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If the mapper is not a function.
 *
 * @example Several values for one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flatMap, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a b", "c"], flatMap((line) => line.split(" ")), toArray()), ["a", "b", "c"]);
 * ```
 */
export function flatMap<T, U>(
  mapper: (value: T, index: number) => MaybePromise<Source<U>>,
): Operator<T, U> {
  const toSources = map(mapper);
  return (source) => flat<U>()(toSources(source));
}
