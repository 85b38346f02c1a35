import { assertSignal } from "../core/arguments.ts";
import { assertCount, assertDuration } from "../core/arguments.ts";
import { SKIP } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import { TimeWindow } from "./_shared/time_window.ts";
import type { Operator, SignalOptions } from "./types.ts";

/** Options of a {@linkcode window} of so many values. */
export interface SizeWindowOptions {
  /** How many values are in a window. */
  readonly size: number;
  /**
   * How many values further on the next window begins.
   *
   * @default 1
   */
  readonly step?: number;
}

/** Options of a {@linkcode window} of some time. */
export interface TimeWindowOptions extends SignalOptions {
  /** How long a window is, in milliseconds. */
  readonly durationMs: number;
  /**
   * How much later the next window ends, in milliseconds.
   *
   * @default durationMs
   */
  readonly stepMs?: number;
  /**
   * How many values are kept at the most: when there are so many, the source is not asked before some are too
   * old.
   *
   * @default 16_384
   */
  readonly capacity?: number;
}

/**
 * Gives arrays of the last values: of the last `size` values, each `step` values; or of the values of the
 * last `durationMs`, each `stepMs`. Times are rounded up to whole milliseconds.
 *
 * Of a number of values only full windows are given. Of a time, a window without a value is left out, the
 * values that no window has had yet are given at the end, and values are asked for only while a reader waits.
 * The first window ends `stepMs` after the first value; so does the next one after a time in which no value
 * was kept. Windows of the values that are kept go on to end while nobody waits: up to 2 × `durationMs` ÷
 * `stepMs` of them are buffered.
 *
 * @param options The number of values, or the time.
 * @returns The operator.
 * @throws {RangeError} If a number is not a whole number from 1, or a time not one that a timer can take.
 * @throws {TypeError} If the signal is not one.
 *
 * @example A moving average
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
  return "durationMs" in options ? timeWindow(options) : sizeWindow(options);
}

function sizeWindow<T>({ size, step = 1 }: SizeWindowOptions): Operator<T, T[]> {
  assertCount("size", size, 1);
  assertCount("step", step, 1);
  return stepOperator(() => {
    let values: T[] = [];
    /** Values between two windows. */
    let left = 0;
    return (value: T) => {
      if (left > 0) {
        left--;
        return SKIP;
      }
      values.push(value);
      if (values.length < size) return SKIP;
      const full = values;
      values = full.slice(step);
      left = Math.max(step - size, 0);
      return full;
    };
  });
}

function timeWindow<T>(options: TimeWindowOptions): Operator<T, T[]> {
  const { durationMs, stepMs = durationMs, capacity = 16_384, signal } = options;
  assertDuration("duration", durationMs);
  assertDuration("step", stepMs);
  assertCount("capacity", capacity, 1);
  assertSignal(signal);
  return (source) => new TimeWindow(source, { durationMs, stepMs, capacity }).endOn(signal);
}
