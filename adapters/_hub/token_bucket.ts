/** Holds something to a rate, and lets it be faster for a while after it was slower. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /**
   * @param perSecond How many tokens come each second.
   * @param capacity How many there are at first, and at most.
   * @param now A clock that is never set back, in milliseconds.
   */
  constructor(perSecond: number, capacity: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#now = now;
    this.#tokens = capacity;
    this.#filledAt = now();
  }

  /**
   * Takes a token.
   *
   * @returns Whether there was one.
   */
  take(): boolean {
    const now = this.#now();
    const fresh = (now - this.#filledAt) / 1000 * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + fresh);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
