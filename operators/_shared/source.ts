import { describe } from "../../core/describe.ts";
import { callSafely } from "../../core/report.ts";
import type { Source } from "../types.ts";
import { isPromiseLike } from "./outcome.ts";

export function assertSource<T>(source: Source<T>): void {
  if (isAsyncIterable(source) || isIterable(source)) return;
  throw new TypeError(`Cannot read ${describe(source)}: it must be an async iterable or an iterable`);
}

export function openSource<T>(source: Source<T>): AsyncIterator<T> {
  assertSource(source);
  return isAsyncIterable(source)
    ? asIterator(source, source[Symbol.asyncIterator]())
    : new SyncIterator(asIterator(source, source[Symbol.iterator]()));
}

function asIterator<TIterator>(source: unknown, iterator: TIterator): TIterator {
  if (Object(iterator) === iterator) return iterator;
  throw new TypeError(`Cannot read ${describe(source)}: its iterator method must return an object`);
}

/** Whether a source is the iterator that it was opened with, so that it cannot be opened again. */
export function isOpenedOnce(source: unknown, iterator: AsyncIterator<unknown>): boolean {
  return iterator === source || (iterator instanceof SyncIterator && iterator.reads(source));
}

/** Whether a result of an iterator is its end. Throws if it is not a result. */
export function isDone<T>(result: IteratorResult<T, unknown>): result is IteratorReturnResult<unknown> {
  if (typeof result === "object" && result !== null) return Boolean(result.done);
  throw new TypeError(`Cannot read ${describe(result)}: next() must return an object`);
}

function isAsyncIterable<T>(source: Source<T>): source is AsyncIterable<T> {
  return typeof Object(source)[Symbol.asyncIterator] === "function";
}

function isIterable<T>(source: Source<T>): source is Iterable<T | PromiseLike<T>> {
  return typeof Object(source)[Symbol.iterator] === "function";
}

/** Reads an iterator as an async one: promises among its values are awaited. */
class SyncIterator<T> implements AsyncIterator<T, undefined> {
  readonly #iterator: Iterator<T | PromiseLike<T>, unknown>;
  #returned = false;

  constructor(iterator: Iterator<T | PromiseLike<T>, unknown>) {
    this.#iterator = iterator;
  }

  reads(source: unknown): boolean {
    return this.#iterator === source;
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

  /** The return value is dropped, but it can be a promise that rejects. */
  async #end(value: unknown): Promise<IteratorResult<T, undefined>> {
    await value;
    return { value: undefined, done: true };
  }

  async #settle(value: PromiseLike<T>): Promise<IteratorResult<T, undefined>> {
    try {
      return { value: await value, done: false };
    } catch (error) {
      // The iterator does not know of this error. If it fails on return(), this error still counts.
      if (!this.#returned) callSafely(() => this.return(), () => {});
      throw error;
    }
  }
}
