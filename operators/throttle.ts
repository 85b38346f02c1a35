import { assertDuration, assertSignal } from "../core/arguments.ts";
import { Latest } from "./_shared/latest.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode throttle}. */
export interface ThrottleOptions extends SignalOptions {
  /**
   * Whether the last of the values that came too soon is yielded when the interval is over, and at the end, also before
   * an error.
   *
   * @default false
   */
  readonly trailing?: boolean;
}

/**
 * Yields at most one value per interval: the first value, and then the first one after each interval.
 *
 * From the first `next()` on, the source is read as fast as it yields, also while no reader waits. One value is buffered,
 * and a newer one replaces it.
 *
 * @param ms The interval, in milliseconds.
 * @param options Whether to yield the last value too, and a signal.
 * @returns The operator.
 * @throws {RangeError} If `ms` is not a time that a timer supports.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 *
 * @example Limit the rate
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, throttle, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], throttle(1000), toArray()), [1]);
 * assertEquals(await pipe([1, 2, 3], throttle(1000, { trailing: true }), toArray()), [1, 3]);
 * ```
 */
export function throttle<T>(ms: number, options: ThrottleOptions = {}): Operator<T, T> {
  assertDuration("ms", ms);
  const { trailing = false, signal } = options;
  assertSignal(signal);
  return (source) => new Throttle(source, ms, trailing).endOn(signal);
}

class Throttle<T> extends Latest<T> {
  readonly #ms: number;
  readonly #trailing: boolean;
  #opensAt = -Infinity;

  constructor(source: Source<T>, ms: number, trailing: boolean) {
    // A trailing value must not replace the value before it, which may still be unread.
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
