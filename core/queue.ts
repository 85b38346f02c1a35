/** The items of a chunk. One more slot has the next chunk. */
const SIZE = 16;

/**
 * A first-in-first-out queue in chunks. Both ends take constant time. In a burst, chunks are new: V8 has to note each item
 * that is written into an array which has survived a collection.
 */
export class Queue<T> {
  #first: unknown[] = [];
  #last = this.#first;
  /** The place of the oldest item in the first chunk. */
  #head = 0;
  /** The place after the newest item in the last chunk. */
  #tail = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#tail === SIZE) {
      // The left side is the chunk before.
      this.#last[SIZE] = this.#last = [];
      this.#tail = 0;
    }
    this.#last[this.#tail++] = item;
    this.#size++;
  }

  /** Removes and returns the oldest item, if there is one. */
  shift(): T | undefined;
  shift(): unknown {
    if (this.#size === 0) return undefined;
    const item = this.#first[this.#head];
    this.#first[this.#head++] = undefined;
    if (--this.#size === 0) this.#head = this.#tail = 0;
    else if (this.#head === SIZE) {
      // That slot has nothing else.
      this.#first = this.#first[SIZE] as unknown[];
      this.#head = 0;
    }
    return item;
  }

  /** Returns the oldest item, if there is one. */
  peek(): T | undefined;
  peek(): unknown {
    return this.#first[this.#head];
  }

  /** Removes all items, and frees their memory. */
  clear(): void {
    this.#first = this.#last = [];
    this.#head = this.#tail = this.#size = 0;
  }
}
