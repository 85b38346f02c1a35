interface Drain {
  readonly lastNumber: number;
  remaining: number;
  readonly resolve: () => void;
}

/**
 * Waits until everything that has begun has ended, in any order. It counts what is in progress instead of listing
 * it, so that the cost of a wait does not grow with it.
 */
export class DrainBarrier {
  readonly #drains = new Set<Drain>();
  #lastNumber = 0;
  #inProgress = 0;

  /** Returns the number to pass to {@linkcode DrainBarrier.end}, once. */
  begin(): number {
    this.#inProgress++;
    return ++this.#lastNumber;
  }

  end(number: number): void {
    this.#inProgress--;
    for (const drain of this.#drains) {
      if (number > drain.lastNumber || --drain.remaining > 0) continue;
      this.#drains.delete(drain);
      drain.resolve();
    }
  }

  /** Resolves once everything that has begun so far has ended. */
  wait(): Promise<void> {
    if (this.#inProgress === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drains.add({ lastNumber: this.#lastNumber, remaining: this.#inProgress, resolve });
    });
  }
}
