import { assertDuration, assertSignal } from "../core/arguments.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, SignalOptions } from "./types.ts";

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
  return (source) => {
    let held: { readonly value: T } | undefined;
    let dueAt = 0;
    const release = (): void => {
      const last = held;
      held = undefined;
      if (last !== undefined) stream.outlet.push(last.value);
    };
    const onTime = (): void => {
      const leftMs = dueAt - performance.now();
      if (leftMs > 0) stream.timer.start(Math.ceil(leftMs), onTime);
      else release();
    };
    const onValue = (value: T): void => {
      held = { value };
      dueAt = performance.now() + ms;
      // A running timer notices in onTime that it must wait longer.
      if (!stream.timer.running) stream.timer.start(ms, onTime);
      stream.inlet.pull();
    };
    const stream = new SingleSource<T, T>(source, { onValue, onEnd: release }, {
      capacity: 1,
      overflow: "drop-oldest",
    });
    return stream.outlet.endOn(signal);
  };
}
