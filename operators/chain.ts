import { inOrder } from "./flat.ts";
import type { Operator, Source } from "./types.ts";

/**
 * Goes on with other sources when this one has ended, in order. Each is opened when it is reached, and not at
 * all if it is not.
 *
 * @param sources The sources that follow.
 * @returns The operator.
 *
 * @example What is stored, then what is new
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chain, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2], chain([3], [4, 5]), toArray()), [1, 2, 3, 4, 5]);
 * ```
 */
export function chain<T>(...sources: readonly Source<T>[]): Operator<T, T> {
  return (source) => inOrder(source, sources);
}
