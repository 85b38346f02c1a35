import { describe } from "../../core/envelope.ts";

/** The longest time that a platform's timer takes; it fires at once for more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
