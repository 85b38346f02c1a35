/**
 * Counts the bytes that wait in a wire that does not report them: from time to time a frame asks the far end how many
 * bytes it has received.
 */
export class FlowControl {
  /** The bytes that were received here in all, by their sender's count. */
  received = 0;
  readonly #askAfterBytes: number;
  #sent = 0;
  /** The bytes that were sent when the far end was last asked. */
  #asked = 0;
  #acknowledged = 0;

  /** @param askAfterBytes The bytes between two questions, which is the precision of the count. */
  constructor(askAfterBytes: number) {
    this.#askAfterBytes = askAfterBytes;
  }

  /** The bytes that were sent and not received, as far as is known: 0 while no question is open. */
  get waiting(): number {
    return this.#asked > this.#acknowledged ? this.#sent - this.#acknowledged : 0;
  }

  /** Whether the next frame, of so many bytes, must ask the far end. */
  mustAskWith(bytes: number): boolean {
    return this.#sent + bytes - this.#asked >= this.#askAfterBytes;
  }

  /** A frame was sent; it may have asked the far end. */
  onSent(bytes: number, asked: boolean): void {
    this.#sent += bytes;
    if (asked) this.#asked = this.#sent;
  }

  /** The far end has answered how many bytes it has received in all: no more than were sent, no less than before. */
  onAnswer(received: number): void {
    this.#acknowledged = Math.min(Math.max(received, this.#acknowledged), this.#sent);
  }
}
