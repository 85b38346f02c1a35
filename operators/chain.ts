import { readInOrder } from "./flat.ts";
import type { Operator, Source } from "./types.ts";

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
export function chain<T>(...sources: readonly Source<T>[]): Operator<T, T> {
  return (source) => readInOrder(sources, [source]);
}
