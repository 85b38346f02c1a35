const FIRST_LENGTH = 16;
const KEPT_LENGTH = 1024;

/**
 * A first-in-first-out queue in an array that is used in a circle: both ends take constant time, and the array grows
 * only with what is queued.
 */
export class RingBuffer<T> {
  // The length is zero or a power of two, so that a mask wraps the positions.
  #items: (T | undefined)[] = [];
  #head = 0;
  #size = 0;

  /** How many items are queued. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends an item.
   *
   * @param item The item.
   */
  push(item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /**
   * Takes the oldest item.
   *
   * @returns The item, or `undefined` if there is none.
   */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    if (--this.#size === 0 && this.#items.length > KEPT_LENGTH) this.clear();
    return item;
  }

  /**
   * The oldest item, which stays.
   *
   * @returns The item, or `undefined` if there is none.
   */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#items[this.#head];
  }

  /** Forgets every item, and the memory that they took. */
  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#size = 0;
  }

  #grow(): void {
    const { length } = this.#items;
    // From the head on, then what had wrapped around: afterwards the queue starts at position 0.
    const items = this.#head === 0
      ? this.#items
      : [...this.#items.slice(this.#head), ...this.#items.slice(0, this.#head)];
    const next = length === 0 ? FIRST_LENGTH : length * 2;
    for (let i = length; i < next; i++) items.push(undefined);
    this.#items = items;
    this.#head = 0;
  }
}
