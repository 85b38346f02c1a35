/** A timer that can be set again. */
export class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  #firedAt = -Infinity;

  /**
   * The time in milliseconds. It is that of `performance.now()`, or that for which the timer was last set and fired, if that
   * is later: fake timers can leave `performance.now()` alone.
   */
  get now(): number {
    return Math.max(performance.now(), this.#firedAt);
  }

  /** Whether the timer is set. */
  get running(): boolean {
    return this.#id !== undefined;
  }

  /** Whether the timer is set, and its time has not passed. A busy event loop fires it later. */
  get waiting(): boolean {
    return this.#id !== undefined && this.now < this.#dueAt;
  }

  /** Sets the timer, and cancels its previous setting. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#dueAt = this.now + ms;
    this.#id = setTimeout(() => {
      this.#id = undefined;
      this.#firedAt = this.#dueAt;
      callback();
    }, ms);
  }

  stop(): void {
    if (this.#id === undefined) return;
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}
