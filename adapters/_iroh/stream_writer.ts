import type { IrohSendStream } from "./iroh_like.ts";

/**
 * How many bytes are written at once. Each becomes an element of an array, which takes about 5 ms of the event loop. More
 * at once would not be faster.
 */
const WRITE_BYTES = 64 * 1024;

/**
 * Writes frames to a QUIC stream in order. There, concurrent writes overtake each other, and small ones are slow: so one
 * write runs at a time, and the frames that are queued meanwhile are joined.
 */
export class StreamWriter {
  readonly #stream: IrohSendStream;
  readonly #onFault: (error: unknown) => void;
  #queue: Uint8Array[] = [];
  /** The first frame of the queue that is not written, and how much of it is. */
  #head = 0;
  #headBytes = 0;
  #queuedBytes = 0;
  #bufferedBytes = 0;
  /** Settles when the queue is written. */
  #writing: Promise<void> | undefined;

  /** @param onFault Called once, when the stream accepts no more. */
  constructor(stream: IrohSendStream, onFault: (error: unknown) => void) {
    this.#stream = stream;
    this.#onFault = onFault;
  }

  /** The bytes that the stream has not accepted. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Queues a frame of at least one byte, which must not change any more. */
  write(frame: Uint8Array): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#bufferedBytes += frame.length;
    this.#writing ??= this.#writeAll();
  }

  /**
   * Ends the stream after the queue. Resolves when the far end has everything, or does not want it; rejects if it never
   * will.
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
      // Nothing more is written or kept.
      this.#queue = [];
      this.#onFault(error);
    }
  }

  /** Removes the next bytes from the queue. */
  #take(): number[] {
    const size = Math.min(this.#queuedBytes, WRITE_BYTES);
    const bytes = new Array<number>(size);
    for (let at = 0; at < size;) {
      const frame = this.#queue[this.#head] ?? new Uint8Array();
      const count = Math.min(frame.length - this.#headBytes, size - at);
      // Many times as fast as a spread.
      for (let i = 0; i < count; i++) bytes[at + i] = frame[this.#headBytes + i] ?? 0;
      at += count;
      this.#headBytes += count;
      if (this.#headBytes < frame.length) continue;
      this.#head++;
      this.#headBytes = 0;
    }
    this.#queuedBytes -= size;
    // Written frames are released before they outnumber the waiting ones.
    if (this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return bytes;
  }
}
