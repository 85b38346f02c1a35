import { assertCount, assertDuration, assertSignal } from "../core/arguments.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, SignalOptions } from "./types.ts";

/** Options of {@linkcode batch}. */
export interface BatchOptions extends SignalOptions {
  /**
   * The largest number of values in a batch.
   *
   * @default 100
   */
  readonly size?: number;
  /**
   * The longest time that the first value of a batch waits for others, in milliseconds. After that time, the next reader
   * gets the batch at once.
   *
   * @default no limit
   */
  readonly maxWaitMs?: number;
}

/**
 * Groups values into arrays. A batch is yielded when it is full, when its first value has waited for `maxWaitMs`, and at
 * the end, also before an error.
 *
 * Values are requested while a reader waits. A batch that has begun is also filled while the reader is busy.
 *
 * @param options Bounds and signal.
 * @returns The operator.
 * @throws {RangeError} If `size` is not a whole number of at least 1, or `maxWaitMs` is not a time that a timer supports.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 *
 * @example Group values into batches
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { batch, pipe, toArray } from "@alkdev/pubsub";
 *
 * const batches = await pipe([1, 2, 3, 4, 5], batch({ size: 2, maxWaitMs: 50 }), toArray());
 * assertEquals(batches, [[1, 2], [3, 4], [5]]);
 * ```
 */
export function batch<T>(options: BatchOptions = {}): Operator<T, T[]> {
  const { size = 100, maxWaitMs, signal } = options;
  assertCount("size", size, 1);
  if (maxWaitMs !== undefined) assertDuration("maxWaitMs", maxWaitMs);
  assertSignal(signal);
  return (source) => {
    let values: T[] = [];
    /** Whether the first value has waited for long enough. */
    let isOverdue = false;
    const flush = (): void => {
      batches.timer.stop();
      const full = values;
      values = [];
      isOverdue = false;
      if (full.length > 0) batches.outlet.push(full);
    };
    /** Fills the batch, also while no reader waits: the next reader gets all that has arrived by then. */
    const fill = (): void => {
      const isReady = values.length >= size || isOverdue;
      if (isReady && batches.outlet.wanted) flush();
      else if (values.length < size) batches.inlet.pull();
    };
    const onTime = (): void => {
      isOverdue = true;
      fill();
    };
    const batches = new SingleSource<T, T[]>(source, {
      onValue(value) {
        values.push(value);
        if (values.length === 1 && size > 1 && maxWaitMs !== undefined) {
          batches.timer.start(maxWaitMs, onTime);
        }
        fill();
      },
      demand: fill,
      onEnd: flush,
      close(): undefined {
        values = [];
      },
    });
    return batches.outlet.endOn(signal);
  };
}
