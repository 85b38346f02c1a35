/**
 * Tells a slow reader from a burst. Nothing can leave before the turn of the event loop ends, so a buffer that passes the
 * threshold within a turn means nothing. A reader is slow if the buffer is still over it at a send in a later turn. It
 * can be given time to get below the threshold again.
 */
export class SlowReader {
  readonly #graceMs: number;
  readonly #onGraceEnd: () => void;
  /** Since when the buffer has been over the threshold. */
  #overSince: "never" | "this turn" | "an earlier turn" = "never";
  #turnEnd: ReturnType<typeof setTimeout> | undefined;
  #graceEnd: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param graceMs The time that a slow reader gets, in milliseconds; at most 2,147,483,647.
   * @param onGraceEnd Called after that time, unless the buffer was seen below the threshold meanwhile.
   */
  constructor(graceMs: number, onGraceEnd: () => void) {
    this.#graceMs = graceMs;
    this.#onGraceEnd = onGraceEnd;
  }

  /** Whether the buffer has been over the threshold since an earlier turn and no time is left. No control says so. */
  isSlow(isOver: boolean, isControl: boolean): boolean {
    if (this.#overSince === "never") return false;
    if (!isOver) this.clear();
    if (this.#overSince !== "an earlier turn" || isControl) return false;
    if (this.#graceMs > 0) this.#graceEnd ??= setTimeout(this.#onGraceEnd, this.#graceMs);
    return this.#graceEnd === undefined;
  }

  /** Notes that a send leaves the buffer over the threshold. */
  noteOverThreshold(): void {
    if (this.#overSince !== "never") return;
    this.#overSince = "this turn";
    this.#turnEnd = setTimeout(() => {
      this.#overSince = "an earlier turn";
    }, 0);
  }

  /** Forgets that the buffer was over the threshold. */
  clear(): void {
    this.#overSince = "never";
    clearTimeout(this.#turnEnd);
    clearTimeout(this.#graceEnd);
    this.#graceEnd = undefined;
  }
}
