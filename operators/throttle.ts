import { assertSignal } from "../core/arguments.ts";
import { assertDuration } from "../core/arguments.ts";
import { Latest } from "./_shared/latest.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode throttle}. */
export interface ThrottleOptions extends SignalOptions {
  /**
   * Whether the last of the values that came too soon is given when the time is over, and at the end,
   * also before an error.
   *
   * @default false
   */
  readonly trailing?: boolean;
}

/**
 * Gives one value in a time at the most: the first, and then the first after the time is over. From the first
 * `next()` on the source is read as fast as it gives values, also while nobody waits: one value is buffered,
 * and a newer one takes its place.
 *
 * @param ms The time, in milliseconds.
 * @param options Whether the last value counts too, and a signal.
 * @returns The operator.
 * @throws {RangeError} If the time is not one that a timer can take.
 * @throws {TypeError} If the signal is not one.
 *
 * @example Do not act too often
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, throttle, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], throttle(1000), toArray()), [1]);
 * assertEquals(await pipe([1, 2, 3], throttle(1000, { trailing: true }), toArray()), [1, 3]);
 * ```
 */
export function throttle<T>(ms: number, options: ThrottleOptions = {}): Operator<T, T> {
  assertDuration("time between values", ms);
  const { trailing = false, signal } = options;
  assertSignal(signal);
  return (source) => new Throttle(source, ms, trailing).endOn(signal);
}

class Throttle<T> extends Latest<T> {
  readonly #ms: number;
  readonly #trailing: boolean;
  #opensAt = -Infinity;

  constructor(source: Source<T>, ms: number, trailing: boolean) {
    // A value that was held back does not replace the one before it, which nobody may have read yet.
    super(source, trailing ? 2 : 1, "drop-oldest");
    this.#ms = ms;
    this.#trailing = trailing;
  }

  override onValue(value: T): void {
    const leftMs = this.#opensAt - performance.now();
    if (leftMs <= 0 || this.#trailing) this.hold(value);
    if (leftMs <= 0) this.release();
    else if (this.#trailing && !this.timer.running) {
      this.timer.start(Math.ceil(leftMs), () => this.release());
    }
    this.inlet.pull();
  }

  protected override give(value: T): void {
    this.timer.stop();
    this.#opensAt = performance.now() + this.#ms;
    super.give(value);
  }
}
