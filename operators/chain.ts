import { itself, ManySources } from "./_shared/many_sources.ts";
import type { Source, SourceValue, UnionOperator } from "./types.ts";

/**
 * Continues with other sources, in order, when this one has ended. A source is opened when its turn comes, and never if
 * the iteration ends before.
 *
 * @param sources The sources that follow.
 * @returns The operator.
 *
 * @example Read stored values, then new ones
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chain, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2], chain([3], [4, 5]), toArray()), [1, 2, 3, 4, 5]);
 * ```
 */
export function chain<T = never>(...sources: readonly Source<T>[]): UnionOperator<T>;
/** Continues with sources of different types: the values have the union of the types. */
export function chain<TSources extends readonly Source<unknown>[]>(
  ...sources: TSources
): UnionOperator<SourceValue<TSources[number]>>;
export function chain(...sources: readonly Source<unknown>[]): UnionOperator<unknown> {
  return (source) =>
    new ManySources({ opened: [source], outer: sources, sourceOf: itself, concurrency: 1 }).outlet;
}
