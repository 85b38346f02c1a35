import { assertCount, assertFunction } from "../core/arguments.ts";
import { asKey } from "./_shared/key.ts";
import { type Link, LinkedList } from "./_shared/linked_list.ts";
import { SKIP } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/** Options of {@linkcode dedupe}. */
export interface DedupeOptions<T> {
  /**
   * What tells values apart, compared as the keys of a `Map`.
   *
   * @default the value itself
   */
  readonly key?: (value: T) => unknown;
  /**
   * How many distinct keys are remembered: the last ones seen. With 1, only a value like the one before it is
   * dropped.
   *
   * @default 1024
   */
  readonly capacity?: number;
}

/**
 * Drops values whose key is among the last distinct keys. A key that is seen again counts as seen last.
 *
 * @param options What tells values apart, and how far back to look.
 * @returns The operator.
 * @throws {RangeError} If the capacity is not a whole number from 1.
 * @throws {TypeError} If the key is not a function.
 *
 * @example Forget what was delivered twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dedupe, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["a", "b", "a", "a"], dedupe(), toArray()), ["a", "b"]);
 * assertEquals(await pipe(["a", "b", "a", "a"], dedupe({ capacity: 1 }), toArray()), ["a", "b", "a"]);
 * ```
 */
export function dedupe<T>(options: DedupeOptions<T> = {}): Operator<T, T> {
  const { key = (value: T): unknown => value, capacity = 1024 } = options;
  assertFunction("key", key);
  assertCount("capacity", capacity, 1);
  return stepOperator(() => {
    const links = new Map<unknown, Link<unknown>>();
    const keys = new LinkedList<unknown>();
    return (value: T) => {
      const seen = asKey(key(value));
      const known = links.get(seen);
      if (known !== undefined) keys.remove(known);
      links.set(seen, keys.append(seen));
      if (known !== undefined) return SKIP;
      if (links.size > capacity && keys.first !== undefined) {
        links.delete(keys.first.item);
        keys.remove(keys.first);
      }
      return value;
    };
  });
}
