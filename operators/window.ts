import { assertCount, assertDuration, assertSignal } from "../core/arguments.ts";
import { DEFAULT_CAPACITY } from "../core/subscription_state.ts";
import { SKIP } from "./_shared/outcome.ts";
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
  return "durationMs" in options ? timeWindow(options) : sizeWindow(options);
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
  return (source) => new TimeWindow(source, { durationMs, stepMs, capacity }).endOn(signal);
}

type Bounds = Required<Omit<TimeWindowOptions, "signal">>;

/** A value and its time of arrival. */
interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

class TimeWindow<T> extends SingleSource<T, T[]> {
  readonly #bounds: Bounds;
  #values: Timed<T>[] = [];
  /** How many of the values, counted from the first, have been in a window. */
  #yielded = 0;
  /** When the next window ends; a late timer does not move it. */
  #endsAt: number | undefined;

  constructor(source: Source<T>, { durationMs, stepMs, capacity }: Bounds) {
    super(source);
    // Sums of whole milliseconds are exact.
    this.#bounds = { durationMs: Math.ceil(durationMs), stepMs: Math.ceil(stepMs), capacity };
  }

  override onValue(value: T): void {
    const at = Math.floor(performance.now());
    this.#values.push({ at, value });
    this.#endsAt ??= at + this.#bounds.stepMs;
    if (!this.timer.running) this.#schedule(this.#endsAt);
    if (this.wanted) this.demand();
  }

  override onDone(): void {
    this.#yieldRest();
    this.end();
  }

  override onError(error: unknown): void {
    this.#yieldRest();
    this.fail(error);
  }

  protected override demand(): void {
    if (this.#values.length < this.#bounds.capacity) this.inlet.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    this.#values = [];
    return super.close();
  }

  #schedule(endsAt: number): void {
    this.timer.start(Math.ceil(Math.max(endsAt - performance.now(), 0)), this.#onTime);
  }

  readonly #onTime = (): void => {
    const now = performance.now();
    while (this.#endsAt !== undefined && this.#endsAt <= now) this.#endsAt = this.#endWindow(this.#endsAt);
    if (this.#endsAt !== undefined) this.#schedule(this.#endsAt);
    if (this.wanted) this.demand();
  };

  /** Yields the window that ends at a time, and returns the end of the next one; `undefined` if no value is kept. */
  #endWindow(endsAt: number): number | undefined {
    const { durationMs, stepMs } = this.#bounds;
    this.#expire(endsAt - durationMs);
    const next = this.#values.findIndex(({ at }) => at >= endsAt);
    const count = next < 0 ? this.#values.length : next;
    this.#yielded = Math.max(this.#yielded, count);
    if (count > 0) this.push(this.#values.slice(0, count).map(({ value }) => value));
    this.#expire(endsAt + stepMs - durationMs);
    return this.#values.length === 0 ? undefined : endsAt + stepMs;
  }

  #expire(before: number): void {
    const kept = this.#values.findIndex(({ at }) => at >= before);
    const expired = this.#values.splice(0, kept < 0 ? this.#values.length : kept);
    this.#yielded = Math.max(this.#yielded - expired.length, 0);
  }

  #yieldRest(): void {
    const rest = this.#values.slice(this.#yielded).map(({ value }) => value);
    if (rest.length > 0) this.push(rest);
  }
}
