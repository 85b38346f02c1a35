import { isPromiseLike } from "./outcome.ts";

/**
 * Refuses a promise where values are told apart by it: no two promises are the same.
 *
 * @param key What a callback gave.
 * @returns The same.
 * @throws {TypeError} If it is a promise.
 */
export function asKey<TKey>(key: TKey): TKey {
  if (!isPromiseLike(key)) return key;
  // What it rejects with is of no use to anybody.
  Promise.resolve(key).then(undefined, () => {});
  throw new TypeError("Cannot use what the callback gave as a key: it is a promise");
}
