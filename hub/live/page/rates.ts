/** Turns counters into numbers a second. */
export class Rates {
  #before: ReadonlyMap<string, number> = new Map();
  #after: ReadonlyMap<string, number> = new Map();
  #seconds = 0;
  #at = 0;

  /** Notes the counters of one moment. */
  note(at: number, counters: ReadonlyMap<string, number>): void {
    this.#before = this.#after;
    this.#after = counters;
    this.#seconds = this.#at === 0 ? 0 : (at - this.#at) / 1000;
    this.#at = at;
  }

  /** Forgets everything: the counters begin again. */
  reset(): void {
    this.#before = this.#after = new Map();
    this.#at = this.#seconds = 0;
  }

  /** How much a counter has grown a second; `undefined` until it was noted twice. */
  of(name: string): number | undefined {
    const before = this.#before.get(name);
    const after = this.#after.get(name);
    if (before === undefined || after === undefined || this.#seconds <= 0) return undefined;
    return Math.max(0, (after - before) / this.#seconds);
  }
}
