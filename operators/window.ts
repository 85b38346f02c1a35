import { assertCount, assertDuration, assertSignal } from "../core/arguments.ts";
import { DEFAULT_CAPACITY } from "../core/subscribe_options.ts";
import { SKIP } from "./_shared/outcome.ts";
import type { Outlet } from "./_shared/outlet.ts";
import { SingleSource } from "./_shared/single_source.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/** Options of a {@linkcode window} of a number of values. */
export interface SizeWindowOptions {
  /** The number of values in a window. */
  readonly size: number;
  /**
   * The distance between the starts of two windows, in values.
   *
   * @default 1
   */
  readonly step?: number;
}

/** Options of a {@linkcode window} of a duration. */
export interface TimeWindowOptions extends SignalOptions {
  /** The length of a window, in milliseconds. */
  readonly durationMs: number;
  /**
   * The time between the ends of two windows, in milliseconds.
   *
   * @default durationMs
   */
  readonly stepMs?: number;
  /**
   * The largest number of values that are kept. At this number, no value is requested before some have expired.
   *
   * @default 16_384
   */
  readonly capacity?: number;
}

/**
 * Yields arrays of the latest values: of the last `size` values, every `step` values; or of the values of the last
 * `durationMs`, every `stepMs`. Times are rounded up to whole milliseconds.
 *
 * With `size`, only full windows are yielded.
 *
 * With `durationMs`, empty windows are left out. The first window ends `stepMs` after the first value. After a time in
 * which no value was kept, the next window ends `stepMs` after the next value. Values that have been in no window are
 * yielded at the end. Values are requested only while a reader waits. Windows of the values that are kept are completed
 * also while no reader waits: up to 2 × `durationMs` ÷ `stepMs` of them are buffered.
 *
 * @param options The size, or the duration.
 * @returns The operator.
 * @throws {RangeError} If a number is not a whole number of at least 1, or a time is not one that a timer supports.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 *
 * @example Compute a moving average
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map, pipe, toArray, window } from "@alkdev/pubsub";
 *
 * const averages = pipe([1, 3, 5, 9], window({ size: 2 }), map(([a = 0, b = 0]) => (a + b) / 2), toArray());
 * assertEquals(await averages, [2, 4, 7]);
 * assertEquals(await pipe([1, 2, 3], window({ durationMs: 20 }), toArray()), [[1, 2, 3]]);
 * ```
 */
export function window<T>(options: SizeWindowOptions | TimeWindowOptions): Operator<T, T[]> {
  // A number in place of options has no size, which is then refused.
  const given: SizeWindowOptions | TimeWindowOptions = Object(options);
  return "durationMs" in given ? timeWindow(given) : sizeWindow(given);
}

function sizeWindow<T>({ size, step = 1 }: SizeWindowOptions): Operator<T, T[]> {
  assertCount("size", size, 1);
  assertCount("step", step, 1);
  return stepOperator(() => {
    let values: T[] = [];
    /** The number of values to skip before the next window. */
    let skip = 0;
    return (value: T) => {
      if (skip > 0) {
        skip--;
        return SKIP;
      }
      values.push(value);
      if (values.length < size) return SKIP;
      const full = values;
      values = full.slice(step);
      skip = Math.max(step - size, 0);
      return full;
    };
  });
}

function timeWindow<T>(options: TimeWindowOptions): Operator<T, T[]> {
  const { durationMs, stepMs = durationMs, capacity = DEFAULT_CAPACITY, signal } = options;
  assertDuration("durationMs", durationMs);
  assertDuration("stepMs", stepMs);
  assertCount("capacity", capacity, 1);
  assertSignal(signal);
  // Sums of whole milliseconds are exact.
  const bounds = { durationMs: Math.ceil(durationMs), stepMs: Math.ceil(stepMs), capacity };
  return (source) => readWindows(source, bounds).endOn(signal);
}

/** A value and its time of arrival. */
interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

function readWindows<T>(
  source: Source<T>,
  { durationMs, stepMs, capacity }: Required<Omit<TimeWindowOptions, "signal">>,
): Outlet<T[]> {
  let values: Timed<T>[] = [];
  /** How many of the values, counted from the first, have been in a window. */
  let yielded = 0;
  /** The time at which the next window ends; a late timer does not move it. */
  let endsAt: number | undefined;

  const windows = new SingleSource<T, T[]>(source, {
    onValue(value) {
      const at = Math.floor(windows.timer.now);
      values.push({ at, value });
      endsAt ??= at + stepMs;
      if (!windows.timer.running) schedule(endsAt);
      if (windows.outlet.wanted) demand();
    },
    onEnd: () => yieldValues(yielded, values.length),
    demand,
    close(): undefined {
      values = [];
    },
  });
  return windows.outlet;

  function demand(): void {
    if (values.length < capacity) windows.inlet.pull();
  }

  /** Sets the timer to the next end or beginning of a window: it can be the only sign that time has passed. */
  function schedule(endsAt: number): void {
    const { now } = windows.timer;
    const beginsAt = endsAt - durationMs % stepMs;
    windows.timer.start(Math.ceil(Math.max((now < beginsAt ? beginsAt : endsAt) - now, 0)), onTime);
  }

  function onTime(): void {
    const { now } = windows.timer;
    while (endsAt !== undefined && endsAt <= now) endsAt = endWindow(endsAt);
    if (endsAt !== undefined) schedule(endsAt);
    if (windows.outlet.wanted) demand();
  }

  /** Yields the window that ends at a time, and returns the end of the next one; `undefined` if no value is kept. */
  function endWindow(endsAt: number): number | undefined {
    expire(endsAt - durationMs);
    const count = countBefore(endsAt);
    yielded = Math.max(yielded, count);
    yieldValues(0, count);
    expire(endsAt + stepMs - durationMs);
    return values.length === 0 ? undefined : endsAt + stepMs;
  }

  function expire(before: number): void {
    const expired = values.splice(0, countBefore(before));
    yielded = Math.max(yielded - expired.length, 0);
  }

  /** How many of the values, which are in order of time, arrived before a time. */
  function countBefore(time: number): number {
    const next = values.findIndex(({ at }) => at >= time);
    return next < 0 ? values.length : next;
  }

  function yieldValues(from: number, to: number): void {
    if (from < to) windows.outlet.push(values.slice(from, to).map(({ value }) => value));
  }
}
