import { isPromiseLike } from "./outcome.ts";

/** Returns the key, or throws if it is a promise: no two promises are the same key. */
export function asKey<TKey>(key: TKey): TKey {
  if (!isPromiseLike(key)) return key;
  // Its rejection must not be unhandled.
  Promise.resolve(key).then(undefined, () => {});
  throw new TypeError("Cannot use a promise as a key: await it with map() first");
}
