/** The least queue that an async iterator can have. */
export class Queue<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#items[this.#head++];
    if (this.#head >= this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    // Only what was pushed is read.
    return Promise.resolve({ value: value as T, done: false });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return Promise.resolve({ value: undefined, done: true });
  }
}

/** Numbers from settled promises, without end. */
export class Numbers {
  #next = 0;

  next(): Promise<IteratorResult<number, undefined>> {
    return Promise.resolve({ value: this.#next++, done: false });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A step by hand: a promise of its own for each value, as a `return()` that settles a pending `next()` needs. */
export class Doubled {
  readonly #source = new Numbers();

  next(): Promise<IteratorResult<number, undefined>> {
    return new Promise((resolve, reject) => {
      this.#source.next().then(
        (result) => resolve(result.done ? result : { ...result, value: 2 * result.value }),
        reject,
      );
    });
  }
}
