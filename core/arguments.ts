import { describe } from "./describe.ts";

/** The longest that a timer of the platform waits; a longer time, infinite or not, is waited for without one. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Checks that an argument is a function.
 *
 * @param name What the argument is.
 * @param value The value given.
 * @throws {TypeError} If it is something else.
 */
export function assertFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(`Cannot use ${describe(value)} as the ${name}: it is not a function`);
}

/**
 * Checks that an argument counts something.
 *
 * @param name What the argument is.
 * @param value The value given.
 * @param least The smallest number that it may be.
 * @throws {RangeError} If it is something else.
 */
export function assertCount(name: string, value: unknown, least: 0 | 1): void {
  // Where nothing is kept there need not be a bound.
  if ((least === 0 && value === Infinity) || (Number.isSafeInteger(value) && Number(value) >= least)) return;
  throw new RangeError(`Cannot use ${describe(value)} as the ${name}: it is a whole number from ${least}`);
}

/**
 * Checks that an argument is a time that a timer can take.
 *
 * @param name What the argument is.
 * @param value The value given.
 * @throws {RangeError} If it is something else.
 */
export function assertDuration(name: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value <= MAX_TIMER_MS) return;
  throw new RangeError(
    `Cannot use ${
      describe(value)
    } as the ${name}: it is a number of milliseconds, over 0 and up to ${MAX_TIMER_MS}`,
  );
}

/**
 * Checks that an argument is what to do when a buffer is full.
 *
 * @param value The value given.
 * @throws {TypeError} If it is something else.
 */
export function assertOverflow(value: unknown): void {
  if (value === "error" || value === "drop-oldest" || value === "drop-newest") return;
  throw new TypeError(
    `Cannot overflow by ${describe(value)}: it is one of error, drop-oldest, drop-newest`,
  );
}

/**
 * Checks a bound that a caller gave.
 *
 * @param name The option.
 * @param value Its value.
 * @param least The smallest that makes sense.
 * @throws {RangeError} If it is none, or smaller.
 */
export function assertBound(name: string, value: number, least: number): void {
  // Written so that NaN fails too.
  if (typeof value === "number" && value >= least) return;
  throw new RangeError(`Cannot use ${describe(value)} as ${name}: it is a number from ${least}`);
}

/**
 * Checks that a caller's signal is one, if there is one.
 *
 * @param signal The value given.
 * @throws {TypeError} If it is something else.
 */
export function assertSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new TypeError(`Cannot wait for the signal ${String(signal)}: it is not an AbortSignal`);
}
