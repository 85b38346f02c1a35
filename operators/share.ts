import { assertSignal } from "../core/arguments.ts";
import type { OverflowPolicy } from "../core/subscription_state.ts";
import { DEFAULT_CAPACITY } from "../core/subscription_state.ts";
import { assertCount, assertOverflow } from "../core/arguments.ts";
import { Inlet, type InletReader } from "./_shared/inlet.ts";
import { Outlet } from "./_shared/outlet.ts";
import type { OperatorIterator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode share}. */
export interface ShareOptions extends SignalOptions {
  /**
   * How many values wait for each reader at the most.
   *
   * @default 16_384
   */
  readonly capacity?: number;
  /**
   * What happens to a value that comes when `capacity` wait for a reader: `error` ends that reader alone,
   * after those that wait, with a `SubscriptionOverflowError`; the others drop a value of that reader.
   *
   * @default "error"
   */
  readonly overflow?: OverflowPolicy;
}

/**
 * A source that many read. Each `for await`, and each call of `[Symbol.asyncIterator]()`, is a reader of its
 * own, which gets what comes from then on; `next()` is one more reader. `return()` ends all readers.
 */
export interface Shared<T> extends AsyncIterable<T, undefined, undefined>, AsyncDisposable {
  /** Starts a reader. */
  [Symbol.asyncIterator](): OperatorIterator<T>;
  /** Reads by a reader that the first call starts. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends every reader, and returns the source. */
  return(): Promise<IteratorResult<T, undefined>>;
}

/**
 * Lets many read one source. It is read as fast as its fastest reader asks; each reader has a buffer of its
 * own. When the last reader leaves, the source is returned. An error of the source is told to every reader,
 * once.
 *
 * @param options Bounds and signal.
 * @returns The operator; what it gives can be read many times.
 * @throws {RangeError} If the capacity is not a whole number from 1.
 * @throws {TypeError} If the policy or the signal is not one.
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
  readonly #readers = new Set<Reader<T>>();
  readonly #bounds: Bounds;
  /** It ends with the signal even while there is no reader. */
  readonly #all: Reader<T>;
  #own: OperatorIterator<T> | undefined;

  constructor(source: Source<T>, bounds: Bounds, signal: AbortSignal | undefined) {
    this.#inlet = new Inlet(source, this);
    this.#bounds = bounds;
    this.#all = new Reader<T>(this.#inlet, bounds, () => this.#close()).endOn(signal);
  }

  [Symbol.asyncIterator](): OperatorIterator<T> {
    const reader: Reader<T> = new Reader<T>(this.#inlet, this.#bounds, () => this.#leave(reader));
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

  #leave(reader: Reader<T>): Promise<unknown> | undefined {
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

class Reader<T> extends Outlet<T> {
  readonly #inlet: Inlet<T>;
  readonly #leave: () => Promise<unknown> | undefined;

  constructor(inlet: Inlet<T>, { capacity, overflow }: Bounds, leave: () => Promise<unknown> | undefined) {
    super(capacity, overflow);
    this.#inlet = inlet;
    this.#leave = leave;
  }

  protected override demand(): void {
    this.#inlet.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    return this.#leave();
  }
}
