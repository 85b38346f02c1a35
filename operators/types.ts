/**
 * What an operator reads: an async iterable, or an iterable, whose promises are then awaited as by `for
 * await`.
 */
export type Source<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/**
 * What an operator gives: the values, for one reader.
 *
 * `break`, `return()`, `await using`, an error in a callback, a signal and an operator's own end return the
 * source at once and once. A source that has ended or failed by itself is not returned, as by `for await`.
 */
export interface OperatorIterator<T> extends AsyncIterableIterator<T, undefined, undefined>, AsyncDisposable {
  /**
   * The next value; `done` at the end. Rejects once with what went wrong, then is `done`. Calls are answered
   * in order.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /**
   * Ends the iteration: every `next()` that waits is `done` at once, and the source is returned at once.
   * Settles when the source's own `return()` has, each time it is called, and rejects with what that rejects
   * with, unless an error has been told before.
   */
  return(): Promise<IteratorResult<T, undefined>>;
  /** The iterator itself: there is one reader. */
  [Symbol.asyncIterator](): this;
  /** Ends the iteration, as `return()` does; called by `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Turns a source into other values; what {@linkcode pipe} puts in a row. */
export type Operator<TIn, TOut> = (source: Source<TIn>) => OperatorIterator<TOut>;

/** What is given for one value: at once, or later. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Options of operators that a signal can end. */
export interface SignalOptions {
  /**
   * Ends the iteration quietly once it aborts: the source is returned, and what is buffered is forgotten. It
   * keeps the iterator alive until then, unless that is over.
   */
  readonly signal?: AbortSignal;
}
