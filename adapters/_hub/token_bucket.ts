const monotonic = (): number => performance.now();

/** For each so many tokens of its capacity, a bucket lets one pass without a look at the clock, beyond what it holds. */
const CAPACITY_PER_UNREAD = 10_000;

/** Limits a rate, and allows a burst after a quiet time. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;
  /** The tokens that were taken since the last look at the clock, which costs more than the rest. */
  #unread = 0;
  readonly #unreadAtMost: number;

  /**
   * @param perSecond How many tokens are added each second.
   * @param capacity How many tokens there are at first, and at most.
   * @param now A monotonic clock, in milliseconds.
   */
  constructor(perSecond: number, capacity: number, now = monotonic) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#now = now;
    this.#tokens = capacity;
    this.#filledAt = now();
    this.#unreadAtMost = Math.floor(capacity / CAPACITY_PER_UNREAD);
  }

  /** Takes tokens. Returns whether there were as many. */
  take(count = 1): boolean {
    this.#unread += count;
    if ((this.#unread > this.#unreadAtMost || this.#tokens < count) && !this.has(count)) return false;
    this.#tokens -= count;
    return true;
  }

  /** Whether there are as many tokens. */
  has(count = 1): boolean {
    const now = this.#now();
    const added = (now - this.#filledAt) / 1000 * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + added);
    this.#filledAt = now;
    this.#unread = 0;
    return this.#tokens >= count;
  }
}
