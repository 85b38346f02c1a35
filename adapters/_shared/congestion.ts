/**
 * Tells a slow reader from a burst. A socket whose buffer passes the threshold in the very turn of the event loop that
 * filled it may be perfectly healthy, since nothing can leave before the turn ends; one that is still over it at a
 * send in a later turn is slow.
 */
export class Congestion {
  readonly #threshold: number;
  /** Since when the buffer is over the threshold, if it is. */
  #since: "never" | "this turn" | "an earlier turn" = "never";
  #turnEnd: ReturnType<typeof setTimeout> | undefined;

  /** @param threshold How many bytes may be buffered from one turn to the next. */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /**
   * Whether the buffer was over the threshold when this turn began, and still is.
   *
   * @param bufferedBytes What is buffered now.
   * @returns Whether the reader is slow.
   */
  lasts(bufferedBytes: number): boolean {
    if (this.#since === "never") return false;
    if (bufferedBytes <= this.#threshold) this.clear();
    return this.#since === "an earlier turn";
  }

  /**
   * Notes what is buffered after a send.
   *
   * @param bufferedBytes What is buffered then.
   */
  note(bufferedBytes: number): void {
    if (bufferedBytes <= this.#threshold || this.#since !== "never") return;
    this.#since = "this turn";
    this.#turnEnd = setTimeout(() => {
      this.#since = "an earlier turn";
    }, 0);
  }

  /** Forgets the past. */
  clear(): void {
    this.#since = "never";
    clearTimeout(this.#turnEnd);
  }
}
