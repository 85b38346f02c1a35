import { assertDuration, assertSignal } from "../core/arguments.ts";
import type { Bounds } from "../core/subscribe_options.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, SignalOptions } from "./types.ts";

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
  // A trailing value must not replace the value before it, which may still be unread.
  const bounds: Bounds = { capacity: trailing ? 2 : 1, overflow: "drop-oldest" };
  return (source) => {
    let held: { readonly value: T } | undefined;
    const release = (): void => {
      const last = held;
      held = undefined;
      if (last === undefined) return;
      stream.timer.start(ms, release);
      // Without a trailing value, nothing comes of it.
      if (!trailing) stream.timer.unref();
      stream.outlet.push(last.value);
    };
    const onValue = (value: T): void => {
      const isOver = !stream.timer.waiting;
      if (isOver || trailing) held = { value };
      if (isOver) release();
      stream.inlet.pull();
    };
    const stream = new SingleSource<T, T>(source, { onValue, onEnd: release }, bounds);
    return stream.outlet.endOn(signal);
  };
}
