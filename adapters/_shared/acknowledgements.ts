/** How many bytes are taken at most before their sender is told. */
const TOLD_AFTER_BYTES = 64 * 1024;

/**
 * Counts what crosses a wire that does not say itself what it buffers: each end tells the other how much it has taken.
 */
export class Acknowledgements {
  // In bytes: what was sent, what of it the far end has taken, what was taken here, what the far end knows of that.
  #sent = 0;
  #acknowledged = 0;
  #taken = 0;
  #told = 0;

  /** How many bytes of what was sent wait at least, in bytes: so much may have been taken without a word. */
  get waiting(): number {
    return Math.max(0, this.#sent - this.#acknowledged - TOLD_AFTER_BYTES);
  }

  /**
   * Notes that a frame was sent.
   *
   * @param bytes Its size.
   */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /**
   * Notes what the far end says that it has taken. It cannot be more than was sent, nor become less.
   *
   * @param taken How many bytes in all.
   */
  acknowledged(taken: number): void {
    this.#acknowledged = Math.min(Math.max(taken, this.#acknowledged), this.#sent);
  }

  /**
   * Notes that a frame arrived.
   *
   * @param bytes Its size, as its sender counts it.
   * @returns How many bytes have arrived in all, where the far end is to be told.
   */
  taken(bytes: number): number | undefined {
    this.#taken += bytes;
    if (this.#taken - this.#told < TOLD_AFTER_BYTES) return undefined;
    return this.#told = this.#taken;
  }
}
