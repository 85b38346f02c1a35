/**
 * Tells a slow reader from a burst. A socket whose buffer passes the threshold in the very turn of the event loop that
 * filled it may be perfectly healthy, since nothing can leave before the turn ends; one that is still over it at a
 * send in a later turn is slow.
 */
export class Congestion {
  /** Since when the buffer is over the threshold, if it is. */
  #since: "never" | "this turn" | "an earlier turn" = "never";
  #turnEnd: ReturnType<typeof setTimeout> | undefined;

  /**
   * Whether the buffer was over the threshold when this turn began, and still is.
   *
   * @param over Whether it is over the threshold now.
   * @returns Whether the reader is slow.
   */
  lasts(over: boolean): boolean {
    if (this.#since === "never") return false;
    if (!over) this.clear();
    return this.#since === "an earlier turn";
  }

  /**
   * Notes what is buffered after a send.
   *
   * @param over Whether the buffer is over the threshold then.
   */
  note(over: boolean): void {
    if (!over || this.#since !== "never") return;
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
