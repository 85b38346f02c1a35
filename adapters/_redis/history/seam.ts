import type { Start } from "./cursor.ts";
import type { LogEntry } from "./log_entry.ts";
import type { LogState } from "./log_state.ts";
import { numberOf } from "./pages.ts";

/**
 * Puts a page of a bare type together, up to a place where events are missing: the page after it reports them. The numbers of
 * a type count without a hole, so a missing event shows by itself.
 */
export class Seam {
  readonly entries: LogEntry[] = [];
  /** Whether nothing is missing before the first of the entries. */
  whole = true;
  /** Losses up to this number are reported by this page, or were before. */
  known: number;
  readonly #within: number;
  readonly #isStrict: boolean;
  /** The number that was looked at last. */
  #last: number;
  /** The highest number that is missing since the last of the entries, if its loss was not reported. */
  #missing = 0;

  constructor(start: Start) {
    this.known = start.known;
    this.#within = start.within ?? 0;
    this.#isStrict = start.strict;
    this.#last = numberOf(start);
  }

  /** Whether events are missing after the last of the entries. The next page reports them. */
  get cut(): boolean {
    return this.#missing > 0;
  }

  /** Events up to a number are forgotten, of those that were looked at. */
  forget(n: number): void {
    if (n <= this.#last) return;
    this.#miss(n);
    this.#last = n;
  }

  /** Adds the next entry, or one that its id has too many events after. Returns `false` once the page has ended. */
  add(entry: LogEntry, isVisible: boolean, { lost }: LogState): boolean {
    const { n } = entry;
    if (n > this.#last + 1) this.#miss(n - 1);
    // What a failover lost came after this number.
    if (this.#last <= lost && lost < n) this.#miss(lost);
    this.#last = n;
    if (!isVisible) {
      if (n > this.#within) this.#miss(n);
      return true;
    }
    if (!this.#report(n - 1)) return false;
    this.entries.push(entry);
    return true;
  }

  /** There are no more entries. */
  end({ n }: LogState): void {
    if (n > this.#last) this.#miss(n);
    this.#report(n);
  }

  #miss(n: number): void {
    if (n <= this.known) return;
    // After a position, all or nothing is replayed.
    if (this.#isStrict) this.whole = false;
    else this.#missing = n;
  }

  /** Reports what is missing up to a number, unless the page has events already. */
  #report(reached: number): boolean {
    if (this.#missing === 0) return true;
    if (this.entries.length > 0) return false;
    this.whole = false;
    this.known = Math.max(this.known, reached);
    this.#missing = 0;
    return true;
  }
}
