import { assertSignal } from "../core/arguments.ts";
import { assertDuration } from "../core/arguments.ts";
import { Latest } from "./_shared/latest.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/**
 * Gives a value once the source has been silent for a while; what came shortly before another value is
 * dropped. The last value is given at the end, also before an error. From the first `next()` on the source is read as fast as it
 * gives values, also while nobody waits: one value is buffered, and a newer one takes its place.
 *
 * @param ms How long the source has to be silent, in milliseconds.
 * @param options A signal.
 * @returns The operator.
 * @throws {RangeError} If the time is not one that a timer can take.
 * @throws {TypeError} If the signal is not one.
 *
 * @example Act on the last of a burst
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { debounce, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe(["s", "se", "sea"], debounce(20), toArray()), ["sea"]);
 * ```
 */
export function debounce<T>(ms: number, options: SignalOptions = {}): Operator<T, T> {
  assertDuration("time of silence", ms);
  const { signal } = options;
  assertSignal(signal);
  return (source) => new Debounce(source, ms).endOn(signal);
}

class Debounce<T> extends Latest<T> {
  readonly #ms: number;
  #dueAt = 0;

  constructor(source: Source<T>, ms: number) {
    super(source, 1, "drop-oldest");
    this.#ms = ms;
  }

  override onValue(value: T): void {
    this.hold(value);
    this.#dueAt = performance.now() + this.#ms;
    // A timer that runs finds out by itself that it has to wait longer.
    if (!this.timer.running) this.timer.start(this.#ms, this.#onTime);
    this.inlet.pull();
  }

  readonly #onTime = (): void => {
    const leftMs = this.#dueAt - performance.now();
    if (leftMs > 0) this.timer.start(Math.ceil(leftMs), this.#onTime);
    else this.release();
  };
}
