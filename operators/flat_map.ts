import { flat } from "./flat.ts";
import { map } from "./map.ts";
import type { MaybePromise, Operator, Source } from "./types.ts";

/**
 * Maps each value to an iterable or async iterable, and yields the values of one after the other. The next value is
 * requested when the iterable before it has ended.
 *
 * @param mapper Maps a value to a source, and can return a promise of one. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `mapper` is not a function.
 *
 * @example Yield several values for each
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
