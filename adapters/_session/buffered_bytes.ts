import type { Wire } from "../_wire/wire.ts";

/**
 * Knows how much a wire buffers at most, so that the wire need not be asked before each frame: that is a call out of
 * JavaScript in most runtimes. Between two answers the buffer grows by nothing but what is handed over.
 */
export class BufferedBytes {
  readonly #wire: Pick<Wire<never>, "bufferedBytes">;
  #atMost = Infinity;

  /** @param wire The wire, to which everything handed over is added here. */
  constructor(wire: Pick<Wire<never>, "bufferedBytes">) {
    this.#wire = wire;
  }

  /**
   * Notes that a frame was handed over.
   *
   * @param bytes Its size.
   */
  add(bytes: number): void {
    this.#atMost += bytes;
  }

  /**
   * Whether the wire buffers more than a number of bytes.
   *
   * @param bytes The number.
   * @returns Whether it does now.
   */
  exceed(bytes: number): boolean {
    if (this.#atMost <= bytes) return false;
    this.#atMost = this.#wire.bufferedBytes;
    return this.#atMost > bytes;
  }
}
