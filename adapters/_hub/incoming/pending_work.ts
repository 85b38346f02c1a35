/** What something takes that a spoke has sent and the hub has not answered or handled yet. */
export interface Work {
  /** How many bytes, about. */
  readonly bytes: number;
  /** How many topics it asks for. */
  readonly topics: number;
}

/** How much of each spoke's work waits: whoever sends faster than it is handled must not fill the memory. */
export class Unanswered<TSpoke extends object> {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  /** They go with the spokes. */
  readonly #accounts = new WeakMap<TSpoke, { count: number; bytes: number; topics: number }>();

  /**
   * @param maxCount How many pieces of work of one spoke may wait.
   * @param maxBytes How many bytes of one spoke may wait.
   */
  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  /**
   * Adds a piece of work that waits from now on.
   *
   * @param spoke Whose it is.
   * @param work What it takes.
   * @returns Whether all that waits is within the bounds.
   */
  add(spoke: TSpoke, { bytes, topics }: Work): boolean {
    let account = this.#accounts.get(spoke);
    if (account === undefined) this.#accounts.set(spoke, account = { count: 0, bytes: 0, topics: 0 });
    account.count++;
    account.bytes += bytes;
    account.topics += topics;
    return this.#isWithin(account.count, account.bytes);
  }

  /**
   * Takes off a piece of work that was added.
   *
   * @param spoke Whose it was.
   * @param work What it took.
   */
  remove(spoke: TSpoke, { bytes, topics }: Work): void {
    const account = this.#accounts.get(spoke);
    if (account === undefined) return;
    account.count--;
    account.bytes -= bytes;
    account.topics -= topics;
  }

  /**
   * How many topics a spoke has asked for and has no answer about.
   *
   * @param spoke The spoke.
   * @returns The number.
   */
  topics(spoke: TSpoke): number {
    return this.#accounts.get(spoke)?.topics ?? 0;
  }

  /**
   * Whether what waits of several spokes is within the bounds of one.
   *
   * @param spokes The spokes.
   * @returns Whether it is.
   */
  allows(spokes: Iterable<TSpoke>): boolean {
    let count = 0;
    let bytes = 0;
    for (const spoke of spokes) {
      const account = this.#accounts.get(spoke);
      count += account?.count ?? 0;
      bytes += account?.bytes ?? 0;
    }
    return this.#isWithin(count, bytes);
  }

  #isWithin(count: number, bytes: number): boolean {
    return count <= this.#maxCount && bytes <= this.#maxBytes;
  }
}
