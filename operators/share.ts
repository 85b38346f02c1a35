import { boundsOf, type OverflowPolicy } from "../core/subscription_state.ts";
import { Inlet } from "./_shared/inlet.ts";
import { Outlet, type Producer } from "./_shared/outlet.ts";
import type { OperatorIterator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode share}. */
export interface ShareOptions extends SignalOptions {
  /**
   * The largest number of values that are buffered for each reader.
   *
   * @default 16_384
   */
  readonly capacity?: number;
  /**
   * The policy for a value that arrives when a reader's buffer is full. `error` ends that reader alone, after its
   * buffered values, with a `SubscriptionOverflowError`. The other policies drop a value of that reader.
   *
   * @default "error"
   */
  readonly overflow?: OverflowPolicy;
}

/**
 * A source with many readers. Each `for await`, and each call of `[Symbol.asyncIterator]()`, starts a reader, which
 * gets the values that arrive from then on. Calls of `next()` share one more reader. `return()` ends all readers.
 */
export interface Shared<T> extends AsyncIterable<T, undefined, undefined>, AsyncDisposable {
  /** Starts a reader. */
  [Symbol.asyncIterator](): OperatorIterator<T>;
  /** Reads with one reader, which the first call starts. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends all readers, and returns the source. */
  return(): Promise<IteratorResult<T, undefined>>;
}

/**
 * Shares one source among many readers. The source is read as fast as the fastest reader asks, and each reader has its own
 * buffer. When the last reader leaves, the source is returned. Every reader gets an error of the source once.
 *
 * @param options Bounds and signal.
 * @returns The operator. Its result can be read many times.
 * @throws {RangeError} If `capacity` is not a whole number of at least 1.
 * @throws {TypeError} If `overflow` or `signal` is invalid.
 *
 * @example Read one subscription twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, share, toArray } from "@alkdev/pubsub";
 *
 * const shared = pipe([1, 2, 3], share());
 * assertEquals(await Promise.all([toArray()(shared), toArray()(shared)]), [[1, 2, 3], [1, 2, 3]]);
 * ```
 */
export function share<T>(options: ShareOptions = {}): (source: Source<T>) => Shared<T> {
  const { signal } = options;
  const bounds = boundsOf(options);
  return (source) => {
    const readers = new Set<Outlet<T>>();
    let own: OperatorIterator<T> | undefined;
    const inlet = new Inlet(source, {
      onValue(value) {
        for (const reader of readers) reader.push(value);
      },
      onDone() {
        for (const reader of readers) reader.end();
      },
      onError(error) {
        for (const reader of readers) reader.fail(error);
      },
    });
    const open = (close: Producer["close"]): Outlet<T> =>
      new Outlet({ demand: () => inlet.pull(), close }, bounds);
    /** Represents all readers: it ends by the signal, also while there is no reader. */
    const all = open(() => {
      const closing = inlet.close();
      for (const reader of readers) reader.discard();
      return closing;
    }).endOn(signal);
    return {
      [Symbol.asyncIterator]() {
        const reader = open(() => {
          readers.delete(reader);
          if (readers.size > 0) return undefined;
          all.discard();
          return inlet.close();
        });
        readers.add(reader);
        if (all.finished) reader.discard();
        return reader;
      },
      next() {
        own ??= this[Symbol.asyncIterator]();
        return own.next();
      },
      return: () => all.return(),
      [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
    };
  };
}
