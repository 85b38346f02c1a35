import { assertFunction } from "../core/arguments.ts";
import { ManySources } from "./_shared/many_sources.ts";
import type { MaybePromise, Operator, Source, SourceValue } from "./types.ts";

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
export function flatMap<T, TSource extends MaybePromise<Source<unknown>>>(
  mapper: (value: T, index: number) => TSource,
): Operator<T, SourceValue<Awaited<TSource>>> {
  assertFunction("the mapper", mapper);
  return (outer) => new ManySources({ outer, sourceOf: mapper, concurrency: 1 }).outlet;
}
