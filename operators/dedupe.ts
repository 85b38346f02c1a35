import { assertCount, assertFunction } from "../core/arguments.ts";
import { asKey } from "./_shared/key.ts";
import { type Link, LinkedList } from "./_shared/linked_list.ts";
import { SKIP } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator } from "./types.ts";

/** Options of {@linkcode dedupe}. */
export interface DedupeOptions<T> {
  /**
   * The key of a value. Keys are compared as the keys of a `Map`.
   *
   * @default the value itself
   */
  readonly key?: (value: T) => unknown;
  /**
   * The number of distinct keys to remember: those seen last. With 1, a value is dropped only if the value before it has
   * the same key.
   *
   * @default 1024
   */
  readonly capacity?: number;
}

/**
 * Drops a value if its key is among the last distinct keys. A key that is seen again becomes the last one.
 *
 * @param options The key, and how many keys to remember.
 * @returns The operator.
 * @throws {RangeError} If `capacity` is not a whole number of at least 1.
 * @throws {TypeError} If `key` is not a function.
 *
 * @example Drop duplicates
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
