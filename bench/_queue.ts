/** A hand-written queue: an endless async iterator over pushed items, in an array whose head moves. */
export class Queue<T> implements AsyncIterableIterator<T, undefined> {
  #items: T[] = [];
  #head = 0;
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];

  /** Queues an item, or gives it to a waiting reader. */
  push(item: T): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#items.push(item);
    else resolve({ value: item, done: false });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head === this.#items.length) return new Promise((resolve) => this.#waiting.push(resolve));
    // The head is within the items, so there is an item.
    const value = this.#items[this.#head++] as T;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return Promise.resolve({ value, done: false });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
