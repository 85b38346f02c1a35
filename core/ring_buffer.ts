const FIRST_LENGTH = 16;
const KEPT_LENGTH = 1024;

/**
 * A first-in-first-out queue in a circular array. Both ends take constant time, and the array grows only with the number of
 * items.
 */
export class RingBuffer<T> {
  // The length is 0 or a power of two, so that a mask wraps positions.
  #items: (T | undefined)[] = [];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /** Removes and returns the oldest item, if there is one. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    if (--this.#size === 0 && this.#items.length > KEPT_LENGTH) this.clear();
    return item;
  }

  /** Returns the oldest item, if there is one. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#head];
  }

  /** The items, the oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#size; i++) {
      const item = this.#items[(this.#head + i) & (this.#items.length - 1)];
      if (item !== undefined) yield item;
    }
  }

  /** Removes all items, and frees their memory. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const { length } = this.#items;
    // The items from the head on, then those that had wrapped around: the queue now starts at position 0.
    const items = this.#head === 0
      ? this.#items
      : [...this.#items.slice(this.#head), ...this.#items.slice(0, this.#head)];
    const next = length === 0 ? FIRST_LENGTH : length * 2;
    for (let i = length; i < next; i++) items.push(undefined);
    this.#items = items;
    this.#head = 0;
  }
}
