import { DEFAULT_CAPACITY, type OverflowPolicy } from "../core/subscription_state.ts";
import { assertCount, assertOverflow, assertSignal } from "../core/arguments.ts";
import { Inlet, type InletReader } from "./_shared/inlet.ts";
import { Outlet } from "./_shared/outlet.ts";
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
  const { capacity = DEFAULT_CAPACITY, overflow = "error", signal } = options;
  assertCount("capacity", capacity, 1);
  assertOverflow(overflow);
  assertSignal(signal);
  return (source) => new SharedSource(source, { capacity, overflow }, signal);
}

type Bounds = Required<Omit<ShareOptions, "signal">>;

class SharedSource<T> implements Shared<T>, InletReader<T> {
  readonly #inlet: Inlet<T>;
  readonly #readers = new Set<Outlet<T>>();
  readonly #bounds: Bounds;
  /** Represents all readers: it ends by the signal, also while there is no reader. */
  readonly #all: Outlet<T>;
  #own: OperatorIterator<T> | undefined;

  constructor(source: Source<T>, bounds: Bounds, signal: AbortSignal | undefined) {
    this.#inlet = new Inlet(source, this);
    this.#bounds = bounds;
    this.#all = this.#outlet(() => this.#close()).endOn(signal);
  }

  [Symbol.asyncIterator](): OperatorIterator<T> {
    const reader: Outlet<T> = this.#outlet(() => this.#leave(reader));
    this.#readers.add(reader);
    if (this.#all.finished) reader.discard();
    return reader;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#own ??= this[Symbol.asyncIterator]();
    return this.#own.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#all.return();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#all[Symbol.asyncDispose]();
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

  #outlet(close: () => Promise<unknown> | undefined): Outlet<T> {
    const { capacity, overflow } = this.#bounds;
    return new Outlet({ demand: () => this.#inlet.pull(), close }, capacity, overflow);
  }

  #leave(reader: Outlet<T>): Promise<unknown> | undefined {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return undefined;
    const closing = this.#inlet.close();
    this.#all.discard();
    return closing;
  }

  #close(): Promise<unknown> | undefined {
    const closing = this.#inlet.close();
    for (const reader of this.#readers) reader.discard();
    return closing;
  }
}
