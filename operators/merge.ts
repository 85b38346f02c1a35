import { itself, ManySources } from "./_shared/many_sources.ts";
import type { Source, SourceValue, UnionOperator } from "./types.ts";

/**
 * Yields the values of several sources as they arrive, and ends when all have ended. All sources are opened when the
 * operator is called. An error in any of them ends the iteration, and returns the others. One value of each source is
 * buffered.
 *
 * @param sources The other sources.
 * @returns The operator.
 *
 * @example Read two sources at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { merge, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2], merge([10, 20]), toArray()), [1, 10, 2, 20]);
 * ```
 */
export function merge<T = never>(...sources: readonly Source<T>[]): UnionOperator<T>;
/** Merges sources of different types: the values have the union of the types. */
export function merge<TSources extends readonly Source<unknown>[]>(
  ...sources: TSources
): UnionOperator<SourceValue<TSources[number]>>;
export function merge(...sources: readonly Source<unknown>[]): UnionOperator<unknown> {
  return (source) => new ManySources({ opened: [source, ...sources], outer: [], sourceOf: itself }).outlet;
}
