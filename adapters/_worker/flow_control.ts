/**
 * Counts what waits in a wire that does not tell: its user asks the far end from time to time, with a frame, how much
 * it has taken.
 */
export class FlowControl {
  readonly #askAfterBytes: number;
  // In bytes: what was sent, what of it the far end was asked about, and what it has said; and what was taken here.
  #sent = 0;
  #asked = 0;
  #acknowledged = 0;
  #taken = 0;

  /** @param askAfterBytes How many bytes are sent before the far end is asked, which is how exact the count is. */
  constructor(askAfterBytes: number) {
    this.#askAfterBytes = askAfterBytes;
  }

  /** How many bytes of what was sent wait, in bytes. While no question is open it is none, as far as is known. */
  get waiting(): number {
    return this.#asked > this.#acknowledged ? this.#sent - this.#acknowledged : 0;
  }

  /** How many bytes have been taken here in all. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Whether to ask the far end with the frame that is sent next.
   *
   * @param bytes The size of the frame.
   * @returns Whether it is time.
   */
  asksWith(bytes: number): boolean {
    return this.#sent + bytes - this.#asked >= this.#askAfterBytes;
  }

  /**
   * Notes that a frame was sent.
   *
   * @param bytes Its size.
   * @param asked Whether the far end was asked with it.
   */
  onSent(bytes: number, asked: boolean): void {
    this.#sent += bytes;
    if (asked) this.#asked = this.#sent;
  }

  /**
   * Notes what the far end says that it has taken. It cannot be more than was sent, nor become less.
   *
   * @param taken How many bytes in all.
   */
  onAnswer(taken: number): void {
    this.#acknowledged = Math.min(Math.max(taken, this.#acknowledged), this.#sent);
  }

  /**
   * Notes that a frame arrived.
   *
   * @param bytes Its size, as its sender counts it.
   */
  onTaken(bytes: number): void {
    this.#taken += bytes;
  }
}
