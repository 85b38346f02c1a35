/** The size of a body when it begins, in bytes. It doubles as the body grows. */
const FIRST_BYTES = 1024;

/** The most that all bodies take that are on their way, in bytes, a single larger one apart. */
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** A body that is refused. */
export class BodyFault {
  readonly status: 408 | 413 | 503;
  readonly reason: string;

  constructor(status: 408 | 413 | 503, reason: string) {
    this.status = status;
    this.reason = reason;
  }
}

/** Reads bodies of limited size, each of which must be complete after some time. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #timeoutMs: number;
  /** Those on their way, the oldest first. */
  readonly #bodies = new Set<Body>();
  #totalBytes = 0;

  constructor(maxBytes: number, timeoutMs: number) {
    this.#maxBytes = maxBytes;
    this.#timeoutMs = timeoutMs;
  }

  /** Returns the text of a body. Rejects if it is not UTF-8, or if the client has left. */
  async read(request: Request): Promise<string | BodyFault> {
    const tooLarge = new BodyFault(413, `the body is larger than ${this.#maxBytes} bytes`);
    if (Number(request.headers.get("content-length")) > this.#maxBytes) return tooLarge;
    const late = new BodyFault(408, `the body was not complete after ${this.#timeoutMs} ms`);
    const body = new Body(request);
    this.#bodies.add(body);
    const timer = setTimeout(() => this.#end(body, late), this.#timeoutMs);
    try {
      for (let chunk = await body.next(); chunk !== undefined; chunk = await body.next()) {
        if (body.length + chunk.length > this.#maxBytes) return tooLarge;
        this.#totalBytes += body.append(chunk);
        this.#makeRoom();
      }
      return body.fault ?? body.text;
    } finally {
      clearTimeout(timer);
      this.#end(body);
    }
  }

  /** Many clients can send the most of a body, and not its end. One that is quick has left by the time it is the oldest. */
  #makeRoom(): void {
    for (const oldest of this.#bodies) {
      if (this.#totalBytes <= MAX_TOTAL_BYTES || this.#bodies.size === 1) return;
      this.#end(oldest, new BodyFault(503, "too many bodies are on their way"));
    }
  }

  #end(body: Body, fault?: BodyFault): void {
    if (!this.#bodies.delete(body)) return;
    this.#totalBytes -= body.end(fault);
  }
}

/** A body that is on its way. */
class Body {
  length = 0;
  /** The reason why it has ended before it was complete. */
  fault: BodyFault | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** One buffer: a text that is put together from chunks of a byte takes 32 times as much. */
  #bytes = new Uint8Array();

  constructor({ body }: Request) {
    this.#reader = body?.getReader();
  }

  get text(): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.#bytes.subarray(0, this.length));
  }

  async next(): Promise<Uint8Array | undefined> {
    return (await this.#reader?.read())?.value;
  }

  /** Returns how many bytes more it takes. */
  append(chunk: Uint8Array): number {
    const { length: before } = this.#bytes;
    const length = this.length + chunk.length;
    let size = before || FIRST_BYTES;
    while (size < length) size *= 2;
    if (size > before) {
      const grown = new Uint8Array(size);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.length);
    this.length = length;
    return this.#bytes.length - before;
  }

  /** Returns how many bytes it took. */
  end(fault: BodyFault | undefined): number {
    const { length } = this.#bytes;
    this.fault = fault;
    this.#bytes = new Uint8Array();
    // Not awaited: it can wait for a chunk that never comes.
    void this.#reader?.cancel().catch(() => {});
    return length;
  }
}
