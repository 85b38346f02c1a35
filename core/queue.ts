const KEPT_LENGTH = 1024;
const MIN_COMPACTED = 16;

/** A first-in-first-out queue in an array that is used again once it is empty. Both ends take constant time on average. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  push(item: T): void {
    if (this.#head >= MIN_COMPACTED && this.#head * 2 > this.#tail) {
      this.#items = this.#items.slice(this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    this.#items[this.#tail++] = item;
  }

  /** Removes and returns the oldest item, if there is one. */
  shift(): T | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#tail) {
      this.#head = this.#tail = 0;
      if (this.#items.length > KEPT_LENGTH) this.#items = [];
    }
    return item;
  }

  /** Returns the oldest item, if there is one. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** The items, the oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = this.#head; i < this.#tail; i++) {
      const item = this.#items[i];
      if (item !== undefined) yield item;
    }
  }

  /** Removes all items, and frees their memory. */
  clear(): void {
    this.#items = [];
    this.#head = this.#tail = 0;
  }
}
