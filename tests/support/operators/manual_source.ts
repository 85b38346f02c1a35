/** The ways in which a source answers `return()`. */
export type ReturnMode = "resolves" | "hangs" | "rejects" | "throws";

interface Asking<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A source that a test controls. It counts requests. When it is returned, it leaves pending `next()` calls
 * pending, as the worst sources do.
 */
export class ManualSource<T> implements AsyncIterableIterator<T, undefined> {
  opened = 0;
  asked = 0;
  returned = 0;
  readonly returnError = new Error("return() failed");
  readonly #mode: ReturnMode;
  readonly #asking: Asking<T>[] = [];
  readonly #queue: ((asking: Asking<T>) => void)[] = [];

  constructor(mode: ReturnMode = "resolves") {
    this.#mode = mode;
  }

  /** The number of pending `next()` calls. */
  get waiting(): number {
    return this.#asking.length;
  }

  push(...values: T[]): void {
    for (const value of values) this.#answer(({ resolve }) => resolve({ value, done: false }));
  }

  end(): void {
    this.#answer(({ resolve }) => resolve({ value: undefined, done: true }));
  }

  fail(error: unknown): void {
    this.#answer(({ reject }) => reject(error));
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.asked++;
    return new Promise((resolve, reject) => {
      const answer = this.#queue.shift();
      if (answer === undefined) this.#asking.push({ resolve, reject });
      else answer({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.returned++;
    if (this.#mode === "throws") throw this.returnError;
    if (this.#mode === "rejects") return Promise.reject(this.returnError);
    if (this.#mode === "hangs") return new Promise(() => {});
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    this.opened++;
    return this;
  }

  #answer(answer: (asking: Asking<T>) => void): void {
    const asking = this.#asking.shift();
    if (asking === undefined) this.#queue.push(answer);
    else answer(asking);
  }
}

/** A source that is opened anew each time, and its iterators. */
export class ReopenedSource implements AsyncIterable<number> {
  readonly opened: ManualSource<number>[] = [];

  [Symbol.asyncIterator](): ManualSource<number> {
    const iterator = new ManualSource<number>();
    this.opened.push(iterator);
    return iterator;
  }

  at(index: number): ManualSource<number> {
    const iterator = this.opened[index];
    if (iterator === undefined) throw new Error(`The source was opened ${this.opened.length} times`);
    return iterator;
  }
}
