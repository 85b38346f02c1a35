import type { Wire } from "../_wire/wire.ts";

/**
 * An upper bound of the bytes that a wire buffers. Asking the wire is a call out of JavaScript in most runtimes, so it is
 * asked only when the bound is too high to answer: in between, its buffer grows by no more than what is sent.
 */
export class BufferedBytes {
  readonly #wire: Pick<Wire, "bufferedBytes">;
  #atMost = Infinity;

  /** @param wire The wire; every frame that it is sent must be added here. */
  constructor(wire: Pick<Wire, "bufferedBytes">) {
    this.#wire = wire;
  }

  /** The exact number, as the wire reports it. */
  get exact(): number {
    return this.#wire.bufferedBytes;
  }

  /** Adds a frame that was sent. */
  add(bytes: number): void {
    this.#atMost += bytes;
  }

  /** Whether the wire buffers more than a number of bytes. */
  exceed(bytes: number): boolean {
    if (this.#atMost <= bytes) return false;
    this.#atMost = this.#wire.bufferedBytes;
    return this.#atMost > bytes;
  }
}
