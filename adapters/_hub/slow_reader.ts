import type { Outbox } from "../_session/outbox.ts";
import { MAX_TIMER_MS } from "../../core/arguments.ts";

/** A line that carries less than this many bytes in the grace time does not move. */
const LEAST_BYTES = 64 * 1024;

/**
 * Tells a slow reader from a burst, and from a slow line that moves. A reader is slow if more bytes than the threshold
 * have waited for the grace time, and hardly any left meanwhile.
 */
export class SlowReader {
  readonly #outbox: Outbox;
  readonly #threshold: number;
  readonly #graceMs: number;
  readonly #onSlow: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param outbox Holds what waits.
   * @param threshold The most that can wait for longer, in bytes.
   * @param graceMs The grace time, in milliseconds; at most 2,147,483,647.
   */
  constructor(outbox: Outbox, threshold: number, graceMs: number, onSlow: () => void) {
    this.#outbox = outbox;
    this.#threshold = threshold;
    this.#graceMs = graceMs;
    this.#onSlow = onSlow;
  }

  get isWatching(): boolean {
    return this.#timer !== undefined;
  }

  /** Watches until no more than the threshold waits. */
  watch(): void {
    const { window, cost } = this.#outbox;
    this.#wait(window.left, cost, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #times(): number {
    // `npm:ws` reports all that it holds as one step, when the last byte of it has left.
    return Math.max(1, this.#outbox.window.bytes / LEAST_BYTES);
  }

  #wait(left: number, cost: number, waitedMs: number): void {
    const { window } = this.#outbox;
    const times = this.#times;
    const ms = Math.min(this.#graceMs * times, MAX_TIMER_MS);
    const due = performance.now() + ms - waitedMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const gone = window.look() - left;
      // A process that is late has not sent what it could.
      const isLate = performance.now() - due > ms / 4;
      if (isLate || gone >= LEAST_BYTES || cost - gone <= this.#threshold) {
        if (this.#outbox.exceeds(this.#threshold)) this.watch();
      } else if (this.#times > times) this.#wait(left, cost, ms); // A frame was handed over since.
      else this.#onSlow();
    }, ms - waitedMs);
  }
}
