/**
 * The input of an operator: an async iterable, or an iterable whose promises are awaited as by `for await`.
 */
export type Source<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/** The type of the values that a source of the type `TSource` yields. For a union of sources, it is the union. */
export type SourceValue<TSource> = TSource extends AsyncIterable<infer T> ? T
  : TSource extends Iterable<infer T> ? Awaited<T>
  : never;

/**
 * The output of an operator, for one reader.
 *
 * `break`, `return()`, `await using`, an error in a callback, a signal and an operator's own end return the source at
 * once, and only once. As with `for await`, a source that has ended or failed on its own is not returned.
 */
export interface OperatorIterator<T> extends AsyncIterableIterator<T, undefined, undefined>, AsyncDisposable {
  /**
   * Resolves with the next value, or `done` at the end. After an error it rejects once, then is `done`. Calls are answered
   * in order.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /**
   * Ends the iteration: every pending `next()` is `done` at once, and the source is returned at once. The promise settles
   * when the source's own `return()` has settled, also in later calls. It rejects with the same error, unless the reader
   * has got an error before.
   */
  return(): Promise<IteratorResult<T, undefined>>;
  /** The iterator itself: there is one reader. */
  [Symbol.asyncIterator](): this;
  /** Ends the iteration, as `return()` does; called by `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Turns a source into an iterator of other values; {@linkcode pipe} composes operators. */
export type Operator<TIn, TOut> = (source: Source<TIn>) => OperatorIterator<TOut>;

/** An operator that yields the values of its source, of any type, and values of the type `T`. */
export type UnionOperator<T> = <TIn>(source: Source<TIn>) => OperatorIterator<TIn | T>;

/** A value, or a promise of one. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Options of operators that a signal can end. */
export interface SignalOptions {
  /**
   * Ends the iteration quietly when it aborts: the source is returned, and buffered values are discarded. Until then, or
   * until the iteration is over, the signal keeps the iterator alive.
   */
  readonly signal?: AbortSignal | undefined;
}
