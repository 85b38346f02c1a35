/** Those who wait until some things have happened that are on their way now. */
export class Waits<TThing> {
  readonly #waits = new Set<{ readonly left: Set<TThing>; readonly resolve: () => void }>();

  /**
   * Waits for some things.
   *
   * @param things What is on its way.
   * @returns A promise that resolves once each of them was {@linkcode Waits.settle}d, or all are let go.
   */
  wait(things: Iterable<TThing>): Promise<void> {
    const left = new Set(things);
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waits.add({ left, resolve }));
  }

  /**
   * One thing has happened.
   *
   * @param thing Which one.
   */
  settle(thing: TThing): void {
    for (const wait of this.#waits) {
      if (!wait.left.delete(thing) || wait.left.size > 0) continue;
      this.#waits.delete(wait);
      wait.resolve();
    }
  }

  /** Nothing will happen any more. */
  letGo(): void {
    for (const { resolve } of this.#waits) resolve();
    this.#waits.clear();
  }
}
