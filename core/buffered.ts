/** The method of an iterator that has values for its reader already. */
export const TAKE: unique symbol = Symbol("take");

/** An iterator from which operators take buffered values without a promise for each. */
export interface Buffered<T> {
  /** Removes and returns the next value, or returns `undefined`: `next()` is to be called then. */
  [TAKE](): T | undefined;
}
