import { reduce, type TerminalOptions } from "./reduce.ts";
import type { Source } from "./types.ts";

/**
 * Reads a source to its end, and gives all of its values. They are all kept: bound an endless source by
 * {@linkcode take}, say.
 *
 * @param options A signal.
 * @returns A function that reads a source.
 * @throws {TypeError} If the signal is not one.
 *
 * @example Collect
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
  // Checked now, made anew for each source.
  reduce(append, [], options);
  return (source) => reduce<T, T[]>(append, [], options)(source);
}
