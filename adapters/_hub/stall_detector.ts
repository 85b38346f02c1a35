import { MAX_TIMER_MS } from "../../core/arguments.ts";

/**
 * Detects that this process itself has stood still: it was stopped, its machine slept, or one task took all the time. A
 * timer that is due each interval is late then. A stall of two intervals is always detected, one of less than one never.
 */
export class StallDetector {
  readonly #intervalMs: number;
  readonly #onStall: (ms: number) => void;
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param intervalMs The interval, in milliseconds; nothing is detected beyond 2,147,483,647.
   * @param onStall Called with the least time that the stall took, in milliseconds.
   */
  constructor(intervalMs: number, onStall: (ms: number) => void) {
    this.#intervalMs = intervalMs;
    this.#onStall = onStall;
  }

  /** Starts, unless it is running. */
  start(): void {
    if (this.#timer === undefined && this.#intervalMs <= MAX_TIMER_MS) this.#wait();
  }

  /** Stops, until it is started again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Checks the clock: after a stall, frames can be handled before a timer that was due long ago. */
  check(isDue = false): void {
    if (this.#timer === undefined) return;
    const lateMs = performance.now() - this.#due;
    const isStalled = lateMs > this.#intervalMs;
    if (isDue || isStalled) this.#wait();
    if (isStalled) this.#onStall(lateMs);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#due = performance.now() + this.#intervalMs;
    this.#timer = setTimeout(() => this.check(true), this.#intervalMs);
  }
}
