import { describe } from "../../core/describe.ts";
import { callSafely } from "../../core/report.ts";
import type { Source } from "../types.ts";
import { isPromiseLike } from "./outcome.ts";

/**
 * Checks that a value can be read.
 *
 * @param source The value given.
 * @throws {TypeError} If it is neither an async iterable nor an iterable.
 */
export function assertSource<T>(source: Source<T>): void {
  if (isAsyncIterable(source) || isIterable(source)) return;
  throw new TypeError(`Cannot read ${describe(source)}: it is neither an async iterable nor an iterable`);
}

/**
 * Opens a source.
 *
 * @param source An async iterable or an iterable.
 * @returns Its iterator.
 * @throws {TypeError} If it is neither, or gives no iterator.
 */
export function openSource<T>(source: Source<T>): AsyncIterator<T> {
  assertSource(source);
  return isAsyncIterable(source)
    ? asIterator(source, source[Symbol.asyncIterator]())
    : new SyncIterator(asIterator(source, source[Symbol.iterator]()));
}

function asIterator<TIterator>(source: unknown, iterator: TIterator): TIterator {
  if (Object(iterator) === iterator) return iterator;
  throw new TypeError(`Cannot read ${describe(source)}: it gave no iterator`);
}

/**
 * Whether a result of an iterator is the end.
 *
 * @param result What its `next()` gave.
 * @returns Whether the iterator has ended.
 * @throws {TypeError} If it is no result.
 */
export function isDone<T>(result: IteratorResult<T, unknown>): result is IteratorReturnResult<unknown> {
  if (typeof result === "object" && result !== null) return Boolean(result.done);
  throw new TypeError(`Cannot read ${describe(result)}: it is no result of an iterator`);
}

function isAsyncIterable<T>(source: Source<T>): source is AsyncIterable<T> {
  return typeof Object(source)[Symbol.asyncIterator] === "function";
}

function isIterable<T>(source: Source<T>): source is Iterable<T | PromiseLike<T>> {
  return typeof Object(source)[Symbol.iterator] === "function";
}

/** An iterator's values as those of an async one; promises among them are awaited. */
class SyncIterator<T> implements AsyncIterator<T, undefined> {
  readonly #iterator: Iterator<T | PromiseLike<T>, unknown>;
  #returned = false;

  constructor(iterator: Iterator<T | PromiseLike<T>, unknown>) {
    this.#iterator = iterator;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const result = this.#iterator.next();
    if (isDone(result)) return this.#end(result.value);
    const { value } = result;
    return isPromiseLike(value) ? this.#settle(value) : Promise.resolve({ value, done: false });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#returned = true;
    return this.#end(this.#iterator.return?.()?.value);
  }

  /** What it ends with is of no use, but may be a promise that rejects. */
  async #end(value: unknown): Promise<IteratorResult<T, undefined>> {
    await value;
    return { value: undefined, done: true };
  }

  async #settle(value: PromiseLike<T>): Promise<IteratorResult<T, undefined>> {
    try {
      return { value: await value, done: false };
    } catch (error) {
      // The iterator does not know of it, and what it says to its end counts less.
      if (!this.#returned) callSafely(() => this.return(), () => {});
      throw error;
    }
  }
}
