/** Waits until each of some pending items has settled. Unlike a `DrainBarrier`, an item may settle several times. */
export class PendingSet<TItem> {
  readonly #waits = new Set<{ readonly remaining: Set<TItem>; readonly resolve: () => void }>();

  /** Resolves once each of the items has settled, or all waits are released. */
  wait(items: Iterable<TItem>): Promise<void> {
    const remaining = new Set(items);
    if (remaining.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waits.add({ remaining, resolve }));
  }

  settle(item: TItem): void {
    for (const wait of this.#waits) {
      if (!wait.remaining.delete(item) || wait.remaining.size > 0) continue;
      this.#waits.delete(wait);
      wait.resolve();
    }
  }

  /** Resolves every wait: nothing will settle any more. */
  release(): void {
    for (const { resolve } of this.#waits) resolve();
    this.#waits.clear();
  }
}
