/**
 * Tells a slow reader from a burst. A socket whose buffer passes the threshold in the very turn of the event loop that
 * filled it may be perfectly healthy, since nothing can leave before the turn ends; one that is still over it at a
 * send in a later turn is slow. It may be given some time then to get below the threshold.
 */
export class Congestion {
  readonly #graceMs: number;
  readonly #onGraceEnd: () => void;
  /** Since when the buffer is over the threshold, if it is. */
  #since: "never" | "this turn" | "an earlier turn" = "never";
  #turnEnd: ReturnType<typeof setTimeout> | undefined;
  #graceEnd: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param graceMs How long a slow reader has to get below the threshold, in milliseconds; at most 2,147,483,647.
   * @param onGraceEnd Called when that time is over, and it was not seen below the threshold meanwhile.
   */
  constructor(graceMs: number, onGraceEnd: () => void) {
    this.#graceMs = graceMs;
    this.#onGraceEnd = onGraceEnd;
  }

  /**
   * Whether the buffer was over the threshold when this turn began, and still is, and no time is left for it.
   *
   * @param over Whether it is over the threshold now.
   * @param control Whether it is looked at for the sake of a control, which no reader is slow for.
   * @returns Whether the reader is too slow.
   */
  lasts(over: boolean, control: boolean): boolean {
    if (this.#since === "never") return false;
    if (!over) this.clear();
    if (this.#since !== "an earlier turn" || control) return false;
    if (this.#graceMs > 0) this.#graceEnd ??= setTimeout(this.#onGraceEnd, this.#graceMs);
    return this.#graceEnd === undefined;
  }

  /** Notes that the buffer is over the threshold after a send. */
  note(): void {
    if (this.#since !== "never") return;
    this.#since = "this turn";
    this.#turnEnd = setTimeout(() => {
      this.#since = "an earlier turn";
    }, 0);
  }

  /** Forgets the past. */
  clear(): void {
    this.#since = "never";
    clearTimeout(this.#turnEnd);
    clearTimeout(this.#graceEnd);
    this.#graceEnd = undefined;
  }
}
