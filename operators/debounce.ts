import { assertDuration, assertSignal } from "../core/arguments.ts";
import { SingleSource } from "./_shared/single_source.ts";
import { Timer } from "./_shared/timer.ts";
import type { Operator, SignalOptions } from "./types.ts";

/** Options of {@linkcode debounce}. */
export interface DebounceOptions extends SignalOptions {
  /**
   * The longest time that values are held back, in milliseconds. After that time, the newest value is yielded, even if
   * the source has not been silent.
   *
   * @default no limit
   */
  readonly maxWaitMs?: number;
}

/**
 * Yields a value once the source has been silent for `ms`, and drops values that another one follows sooner. The last
 * value is yielded at the end, also before an error.
 *
 * From the first `next()` on, the source is read as fast as it yields, also while no reader waits. One value is buffered,
 * and a newer one replaces it.
 *
 * @param ms The length of the silence, in milliseconds.
 * @param options The longest wait, and a signal.
 * @returns The operator.
 * @throws {RangeError} If `ms` or `maxWaitMs` is not a time that a timer supports.
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
export function debounce<T>(ms: number, options: DebounceOptions = {}): Operator<T, T> {
  assertDuration("ms", ms);
  const { maxWaitMs, signal } = options;
  if (maxWaitMs !== undefined) assertDuration("maxWaitMs", maxWaitMs);
  assertSignal(signal);
  return (source) => {
    const maxWait = new Timer();
    let held: { readonly value: T } | undefined;
    const release = (): void => {
      stream.timer.stop();
      maxWait.stop();
      const last = held;
      held = undefined;
      if (last !== undefined) stream.outlet.push(last.value);
    };
    const onValue = (value: T): void => {
      if (held === undefined && maxWaitMs !== undefined) maxWait.start(maxWaitMs, release);
      held = { value };
      stream.timer.restart(ms, release);
      stream.inlet.pull();
    };
    const stream = new SingleSource<T, T>(source, {
      onValue,
      onEnd: release,
      close: () => void maxWait.stop(),
    }, { capacity: 1, overflow: "drop-oldest" });
    return stream.outlet.endOn(signal);
  };
}
