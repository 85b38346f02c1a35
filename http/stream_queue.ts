/** The most that is handed to the server at once, in bytes, a single longer message apart. */
const CHUNK_BYTES = 64 * 1024;

/** The body of a stream of messages. A message counts as waiting until the server has taken it. */
export class StreamQueue {
  readonly body: ReadableStream<Uint8Array>;
  /** The bytes that wait. */
  bytes = 0;
  /** Not one for all: Jest's jsdom, where this module can be loaded, has none. */
  readonly #encoder = new TextEncoder();
  readonly #onDrained: () => void;
  #waiting: Uint8Array[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Whether the server has asked for more. */
  #isWanted = false;

  /**
   * @param onDrained Called when nothing waits any more.
   * @param onCancel Called when the client has left.
   */
  constructor(onDrained: () => void, onCancel: () => void) {
    this.#onDrained = onDrained;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#isWanted = true;
        this.#pass();
      },
      cancel: () => {
        this.#controller = undefined;
        this.#forget();
        onCancel();
      },
    }, { highWaterMark: 0 });
  }

  push(message: string): void {
    if (this.#controller === undefined) return;
    const bytes = this.#encoder.encode(message);
    this.#waiting.push(bytes);
    this.bytes += bytes.length;
    this.#pass();
  }

  /** Ends the body, without what waits. */
  end(): void {
    this.#forget();
    this.#controller?.close();
    this.#controller = undefined;
  }

  #forget(): void {
    this.#waiting = [];
    this.bytes = 0;
  }

  #pass(): void {
    if (!this.#isWanted || this.bytes === 0) return;
    this.#isWanted = false;
    const chunk = this.#takeChunk();
    this.bytes -= chunk.length;
    this.#controller?.enqueue(chunk);
    if (this.bytes === 0) this.#onDrained();
  }

  #takeChunk(): Uint8Array {
    let length = 0;
    const count = this.#waiting.findIndex((bytes, i) => {
      if (i > 0 && length + bytes.length > CHUNK_BYTES) return true;
      length += bytes.length;
      return false;
    });
    const taken = this.#waiting.splice(0, count < 0 ? Infinity : count);
    const [first] = taken;
    if (first !== undefined && taken.length === 1) return first;
    const chunk = new Uint8Array(length);
    let at = 0;
    for (const bytes of taken) {
      chunk.set(bytes, at);
      at += bytes.length;
    }
    return chunk;
  }
}
