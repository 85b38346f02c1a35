interface Drain {
  readonly until: number;
  left: number;
  readonly resolve: () => void;
}

/** Those who wait until all that has begun by now has ended, in whatever order. */
export class Drains {
  readonly #drains = new Set<Drain>();
  #begun = 0;
  #open = 0;

  /**
   * Something begins.
   *
   * @returns The number that it ends by.
   */
  begin(): number {
    this.#open++;
    return ++this.#begun;
  }

  /**
   * Something has ended.
   *
   * @param number What `begin` has returned for it.
   */
  end(number: number): void {
    this.#open--;
    for (const drain of this.#drains) {
      if (number > drain.until || --drain.left > 0) continue;
      this.#drains.delete(drain);
      drain.resolve();
    }
  }

  /**
   * Waits.
   *
   * @returns A promise that resolves once all that has begun so far has ended.
   */
  wait(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drains.add({ until: this.#begun, left: this.#open, resolve }));
  }
}
