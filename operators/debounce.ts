import { assertDuration, assertSignal } from "../core/arguments.ts";
import { Latest } from "./_shared/latest.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/**
 * Yields a value once the source has been silent for `ms`, and drops values that another one follows sooner. The last
 * value is yielded at the end, also before an error.
 *
 * From the first `next()` on, the source is read as fast as it yields, also while no reader waits. One value is buffered,
 * and a newer one replaces it.
 *
 * @param ms The length of the silence, in milliseconds.
 * @param options A signal.
 * @returns The operator.
 * @throws {RangeError} If `ms` is not a time that a timer supports.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
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
  assertDuration("ms", ms);
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
    // A running timer notices in #onTime that it must wait longer.
    if (!this.timer.running) this.timer.start(this.#ms, this.#onTime);
    this.inlet.pull();
  }

  readonly #onTime = (): void => {
    const leftMs = this.#dueAt - performance.now();
    if (leftMs > 0) this.timer.start(Math.ceil(leftMs), this.#onTime);
    else this.release();
  };
}
