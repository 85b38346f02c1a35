import { itself, ManySources } from "./_shared/many_sources.ts";
import type { Operator, OperatorIterator, Source, SourceValue } from "./types.ts";

/**
 * Yields the values of iterables and async iterables, one after the other. It flattens one level. Each iterable is opened
 * when its turn comes. Nothing is buffered.
 *
 * @returns The operator.
 *
 * @example Flatten batches
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flat, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([[1, 2], [], [3]], flat(), toArray()), [1, 2, 3]);
 * ```
 */
export function flat(): <TSource extends Source<unknown>>(
  sources: Source<TSource>,
) => OperatorIterator<SourceValue<TSource>>;
/** Flattens sources of values of the type `T`. */
export function flat<T>(): Operator<Source<T>, T>;
export function flat(): Operator<Source<unknown>, unknown> {
  return (outer) => new ManySources({ outer, sourceOf: itself, concurrency: 1 }).outlet;
}
