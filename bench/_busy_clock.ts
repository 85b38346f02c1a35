const DECODER = new TextDecoder();

/**
 * Measures how much processor time the main thread of this process takes without a turn of its timers, in milliseconds. The
 * time that other processes take does not count. Linux only.
 */
export class BusyClock {
  readonly #file = Deno.openSync("/proc/self/schedstat");
  readonly #buffer = new Uint8Array(100);
  #stops: number[] = [];
  #last = this.#read();

  /**
   * @param tickMs The interval in which it looks, in milliseconds.
   * @param onTick Called then, with the time by `performance.now()`.
   */
  constructor(tickMs: number, onTick: (now: number) => void) {
    setInterval(() => {
      const busy = this.#read();
      this.#stops.push(busy - this.#last);
      this.#last = busy;
      onTick(performance.now());
    }, tickMs);
  }

  /** Returns the times since this was called before. */
  take(): number[] {
    const stops = this.#stops;
    this.#stops = [];
    return stops;
  }

  #read(): number {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const length = this.#file.readSync(this.#buffer) ?? 0;
    return Number(DECODER.decode(this.#buffer.subarray(0, length)).split(" ")[0]) / 1e6;
  }
}
