import { type Bounds, boundsOf, type OverflowPolicy } from "../core/subscribe_options.ts";
import { Inlet, type InletReader } from "./_shared/inlet.ts";
import { Outlet, type Producer } from "./_shared/outlet.ts";
import { isOpenedOnce } from "./_shared/source.ts";
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
 * buffer. Every reader gets an error of the source once.
 *
 * When the last reader leaves, the source is returned. The next reader opens the source again, as it does after the source
 * has ended or failed. A source that is itself an iterator, such as a subscription or a generator, cannot be opened again:
 * later readers are done at once. After `return()` or the signal, the source is not opened again.
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
 *
 * @example Subscribe while there are readers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, pipe, share } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ news: string }>();
 * const news = pipe({ [Symbol.asyncIterator]: () => pubsub.subscribe("news") }, share());
 * for (const title of ["first", "second"]) {
 *   const reader = news[Symbol.asyncIterator]();
 *   pubsub.publish("news", "1", title);
 *   assertEquals((await reader.next()).value?.payload, title);
 *   await reader.return();
 * }
 * ```
 */
export function share<T>(options: ShareOptions = {}): (source: Source<T>) => Shared<T> {
  const { signal } = options;
  const bounds = boundsOf(options);
  return (source) => {
    const open = (): Reading<T> => new Reading(source, bounds, signal);
    let reading = open();
    let own: OperatorIterator<T> | undefined;
    let isReturned = false;
    return {
      [Symbol.asyncIterator]() {
        const canOpen = !isReturned && signal?.aborted !== true &&
          !isOpenedOnce(source, reading.inlet.iterator);
        if (reading.all.finished && canOpen) reading = open();
        return reading.read();
      },
      next() {
        own ??= this[Symbol.asyncIterator]();
        return own.next();
      },
      return() {
        isReturned = true;
        return reading.all.return();
      },
      async [Symbol.asyncDispose]() {
        await this.return();
      },
    };
  };
}

/** One iteration of the source, by many readers. It is over when the source has ended or the last reader has left. */
class Reading<T> implements InletReader<T> {
  readonly inlet: Inlet<T>;
  /** Represents all readers: it ends by the signal, also while there is no reader. */
  readonly all: Outlet<T>;
  readonly #readers = new Set<Outlet<T>>();
  readonly #bounds: Bounds;

  constructor(source: Source<T>, bounds: Bounds, signal: AbortSignal | undefined) {
    this.inlet = new Inlet(source, this);
    this.#bounds = bounds;
    this.all = this.#open(() => {
      const closing = this.inlet.close();
      for (const reader of this.#readers) reader.discard();
      return closing;
    }).endOn(signal);
  }

  read(): Outlet<T> {
    const reader = this.#open(() => {
      this.#readers.delete(reader);
      if (this.#readers.size > 0) return undefined;
      this.all.discard();
      return this.inlet.close();
    });
    this.#readers.add(reader);
    if (this.all.finished) reader.discard();
    return reader;
  }

  onValue(value: T): void {
    for (const reader of this.#readers) reader.push(value);
  }

  onDone(): void {
    for (const reader of this.#readers) reader.end();
  }

  onError(error: unknown): void {
    for (const reader of this.#readers) reader.fail(error);
  }

  #open(close: Producer["close"]): Outlet<T> {
    return new Outlet({ demand: () => this.inlet.pull(), close }, this.#bounds);
  }
}
