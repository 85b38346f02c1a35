/** The share of the newest second in an average: it is that of about five seconds. */
const SHARE = 0.3;

/** Turns counters into numbers a second. */
export class Rates {
  #before: ReadonlyMap<string, number> = new Map();
  #after: ReadonlyMap<string, number> = new Map();
  #averages = new Map<string, number>();
  #seconds = 0;
  #at = 0;

  /** Notes the counters of one moment. */
  note(at: number, counters: ReadonlyMap<string, number>): void {
    // The same moment again, such as after a search.
    if (at === this.#at) return;
    this.#before = this.#after;
    this.#after = counters;
    this.#seconds = this.#at === 0 ? 0 : (at - this.#at) / 1000;
    this.#at = at;
    const averages = new Map<string, number>();
    for (const name of counters.keys()) {
      const rate = this.of(name);
      if (rate === undefined) continue;
      const before = this.#averages.get(name);
      averages.set(name, before === undefined ? rate : before + SHARE * (rate - before));
    }
    this.#averages = averages;
  }

  /** Forgets everything: the counters begin again. */
  reset(): void {
    this.#before = this.#after = this.#averages = new Map();
    this.#at = this.#seconds = 0;
  }

  /** How much a counter has grown a second; `undefined` until it was noted twice. */
  of(name: string): number | undefined {
    const before = this.#before.get(name);
    const after = this.#after.get(name);
    if (before === undefined || after === undefined || this.#seconds <= 0) return undefined;
    return Math.max(0, (after - before) / this.#seconds);
  }

  /** The same over the last seconds, so that an order by it is calm. */
  averageOf(name: string): number | undefined {
    return this.#averages.get(name);
  }
}
