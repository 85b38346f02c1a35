/** Measures how long the event loop of this process does nothing else, by a timer that looks at the clock. */
export class StopClock {
  #longestMs = 0;
  #last = performance.now();

  /**
   * @param tickMs The interval in which it looks at the clock, in milliseconds.
   * @param onTick Called then, with the time by `performance.now()`.
   */
  constructor(tickMs: number, onTick: (now: number) => void = () => {}) {
    setInterval(() => {
      const now = performance.now();
      this.#longestMs = Math.max(this.#longestMs, now - this.#last - tickMs);
      this.#last = now;
      onTick(now);
    }, tickMs);
  }

  /** Returns the longest stop since this was called before, in milliseconds. */
  take(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }
}
