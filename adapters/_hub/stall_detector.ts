import { MAX_TIMER_MS } from "../../core/arguments.ts";

/**
 * Notices that this process itself has stood still: it was stopped, its machine slept, or one task took all the time.
 * A timer that is due each interval is late then. More than two intervals are always noticed, less than one never.
 */
export class Standstill {
  readonly #intervalMs: number;
  readonly #onStandstill: (ms: number) => void;
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param intervalMs The interval, in milliseconds; nothing is noticed beyond 2,147,483,647.
   * @param onStandstill Hears of it, with the time that it took at least, in milliseconds.
   */
  constructor(intervalMs: number, onStandstill: (ms: number) => void) {
    this.#intervalMs = intervalMs;
    this.#onStandstill = onStandstill;
  }

  /** Begins; a second time changes nothing. */
  start(): void {
    if (this.#timer === undefined && this.#intervalMs <= MAX_TIMER_MS) this.#wait();
  }

  /** Ends, until it is started again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at the clock: what has arrived meanwhile may be handled before a timer that was due long ago. */
  check(): void {
    if (this.#timer !== undefined && this.#lateMs > this.#intervalMs) this.#next();
  }

  get #lateMs(): number {
    return performance.now() - this.#due;
  }

  #next(): void {
    const lateMs = this.#lateMs;
    this.#wait();
    if (lateMs > this.#intervalMs) this.#onStandstill(lateMs);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#due = performance.now() + this.#intervalMs;
    this.#timer = setTimeout(() => this.#next(), this.#intervalMs);
  }
}
