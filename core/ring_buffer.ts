const KEPT_LENGTH = 1024;

/** A first-in-first-out queue in an array. Both ends take constant time on average. */
export class RingBuffer<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get size(): number {
    return this.#tail - this.#head;
  }

  push(item: T): void {
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
    } else if (this.#head >= KEPT_LENGTH && this.#head * 2 > this.#tail) {
      this.#items = this.#items.slice(this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    return item;
  }

  /** Returns the oldest item, if there is one. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Removes all items, and frees their memory. */
  clear(): void {
    this.#items = [];
    this.#head = this.#tail = 0;
  }
}
