/** One timer that can be set again. */
export class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;

  /** Whether it is set. */
  get running(): boolean {
    return this.#id !== undefined;
  }

  /** Sets it, instead of what it was set to before. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#id = setTimeout(() => {
      this.#id = undefined;
      callback();
    }, ms);
  }

  /** Clears it. */
  stop(): void {
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}
