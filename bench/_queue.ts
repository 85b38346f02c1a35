/**
 * What a program would write by hand: an endless async iterator over what was pushed, in an array whose head moves.
 *
 * @typeParam T What is queued.
 */
export class Queue<T> implements AsyncIterableIterator<T, undefined> {
  #items: T[] = [];
  #head = 0;
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];

  /**
   * Queues an item, or hands it to who waits.
   *
   * @param item The item.
   */
  push(item: T): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#items.push(item);
    else resolve({ value: item, done: false });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head === this.#items.length) return new Promise((resolve) => this.#waiting.push(resolve));
    // The head is within the items, so that there is one.
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
