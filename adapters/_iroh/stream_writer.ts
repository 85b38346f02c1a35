import type { IrohSendStream } from "./iroh_like.ts";

/**
 * How many bytes are written at once. Each of them becomes an element of an array, which keeps the event loop busy for
 * about 5 ms; more at once would not be faster.
 */
const WRITE_BYTES = 64 * 1024;

/**
 * Writes frames to a QUIC stream in their order. Writes that do not wait for each other overtake each other there, and
 * small ones are slow: so there is one at a time, and what is queued meanwhile is joined.
 */
export class StreamWriter {
  readonly #stream: IrohSendStream;
  readonly #onFault: (error: unknown) => void;
  #queue: Uint8Array[] = [];
  /** Where the queue starts: what is in front of it was written, and so was a part of the frame there. */
  #head = 0;
  #headBytes = 0;
  #queuedBytes = 0;
  #bufferedBytes = 0;
  /** Settles when all that is queued is written. */
  #writing: Promise<void> | undefined;

  /**
   * @param stream Where to write.
   * @param onFault Called once, when the stream does not take what is written any more.
   */
  constructor(stream: IrohSendStream, onFault: (error: unknown) => void) {
    this.#stream = stream;
    this.#onFault = onFault;
  }

  /** How many bytes the stream has not taken. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Queues a frame, which is written at once if no other one is.
   *
   * @param frame Its bytes, at least one, which must not change any more.
   */
  write(frame: Uint8Array): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#bufferedBytes += frame.length;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Ends the stream after what is queued. No frame may be written any more.
   *
   * @returns A promise that resolves when the far end has it all or does not want it, and rejects if it never will.
   */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#stream.finish();
    await this.#stream.stopped();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#queuedBytes > 0) {
        const bytes = this.#take();
        await this.#stream.writeAll(bytes);
        this.#bufferedBytes -= bytes.length;
      }
      this.#writing = undefined;
    } catch (error) {
      // Nothing more is written, nor kept.
      this.#queue = [];
      this.#onFault(error);
    }
  }

  /** Takes the next bytes off the queue. */
  #take(): number[] {
    const size = Math.min(this.#queuedBytes, WRITE_BYTES);
    const bytes = new Array<number>(size);
    for (let at = 0; at < size;) {
      const frame = this.#queue[this.#head] ?? new Uint8Array();
      const count = Math.min(frame.length - this.#headBytes, size - at);
      // Many times as fast as to spread the frame.
      for (let i = 0; i < count; i++) bytes[at + i] = frame[this.#headBytes + i] ?? 0;
      at += count;
      this.#headBytes += count;
      if (this.#headBytes < frame.length) continue;
      this.#head++;
      this.#headBytes = 0;
    }
    this.#queuedBytes -= size;
    // What was written is let go of before it is more than what waits.
    if (this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return bytes;
  }
}
