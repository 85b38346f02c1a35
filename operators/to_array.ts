import { reduce, type TerminalOptions } from "./reduce.ts";
import type { Source } from "./types.ts";

/**
 * Reads a source to its end, and resolves with all of its values. All of them are kept in memory: bound an endless source,
 * for example with {@linkcode take}.
 *
 * @param options A signal.
 * @returns A function that reads a source.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 *
 * @example Collect all values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], map((n) => n * n), toArray()), [1, 4, 9]);
 * ```
 */
export function toArray<T>(options: TerminalOptions = {}): (source: Source<T>) => Promise<T[]> {
  const append = (values: T[], value: T): T[] => {
    values.push(value);
    return values;
  };
  // Checks the signal now; each source gets its own array.
  reduce(append, [], options);
  return (source) => reduce<T, T[]>(append, [], options)(source);
}
