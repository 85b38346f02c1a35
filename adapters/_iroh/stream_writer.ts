import { Queue } from "../../core/queue.ts";
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
  /** The bytes that the stream has not accepted. */
  bufferedBytes = 0;
  readonly #stream: IrohSendStream;
  readonly #onFault: (error: unknown) => void;
  /** The frames of which something is not written. */
  readonly #queue = new Queue<Uint8Array>();
  /** The bytes of the first frame that are written. */
  #headBytes = 0;
  /** Settles when the queue is written. */
  #writing: Promise<void> | undefined;

  /** @param onFault Called once, when the stream accepts no more. */
  constructor(stream: IrohSendStream, onFault: (error: unknown) => void) {
    this.#stream = stream;
    this.#onFault = onFault;
  }

  /** Queues a frame of at least one byte, which must not change any more. */
  write(frame: Uint8Array): void {
    this.#queue.push(frame);
    this.bufferedBytes += frame.length;
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
      while (this.bufferedBytes > 0) {
        const bytes = this.#take();
        await this.#stream.writeAll(bytes);
        this.bufferedBytes -= bytes.length;
      }
      this.#writing = undefined;
    } catch (error) {
      // Nothing more is written or kept.
      this.#queue.clear();
      this.#onFault(error);
    }
  }

  /** Removes the next bytes from the queue. */
  #take(): number[] {
    const size = Math.min(this.bufferedBytes, WRITE_BYTES);
    const bytes = new Array<number>(size);
    for (let at = 0; at < size;) {
      const frame = this.#queue.peek() ?? new Uint8Array();
      const count = Math.min(frame.length - this.#headBytes, size - at);
      // Many times as fast as a spread.
      for (let i = 0; i < count; i++) bytes[at + i] = frame[this.#headBytes + i] ?? 0;
      at += count;
      this.#headBytes += count;
      if (this.#headBytes < frame.length) continue;
      this.#queue.shift();
      this.#headBytes = 0;
    }
    return bytes;
  }
}
