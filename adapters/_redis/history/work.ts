/** Work that is going on, and who waits for its end. */
export class Work {
  #running = 0;
  #isStopped = false;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#running++;
  }

  end(): void {
    if (--this.#running === 0) this.#notify();
  }

  /** Counts something that is going on until it has resolved. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.begin();
    const result = await work;
    this.end();
    return result;
  }

  /** Resolves when nothing is going on. */
  idle(): Promise<void> {
    if (this.#running === 0 || this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true;
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
