import { describe } from "./describe.ts";

/** The longest delay that a timer of the platform supports. Code that waits longer sets no timer. */
export const MAX_TIMER_MS = 2_147_483_647;

/** How long `close()` waits for the far end, in milliseconds. A wire must give up sooner. */
export const CLOSE_DEADLINE_MS = 1500;

/** The default of every `maxBufferedBytes`. */
export const DEFAULT_MAX_BUFFERED_BYTES = 16_777_216;

// Each check names the argument as the caller knows it: an option by its name, any other argument as "the …".

export function assertFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(refusal(name, value, "a function"));
}

/** Accepts a whole number. Infinity counts as one where 0 does: such an operator keeps nothing that needs a bound. */
export function assertCount(name: string, value: unknown, least: 0 | 1): void {
  if ((least === 0 && value === Infinity) || (Number.isSafeInteger(value) && Number(value) >= least)) return;
  throw new RangeError(refusal(name, value, `a whole number of at least ${least}`));
}

/** Accepts any number from `least`, Infinity included. */
export function assertBound(name: string, value: unknown, least: number): void {
  // NaN fails this too.
  if (typeof value === "number" && value >= least) return;
  throw new RangeError(refusal(name, value, `a number of at least ${least}`));
}

/** Accepts a time in milliseconds that a timer supports. */
export function assertDuration(name: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value <= MAX_TIMER_MS) return;
  throw new RangeError(refusal(name, value, `a number of milliseconds above 0 and up to ${MAX_TIMER_MS}`));
}

/** Accepts the policies of a full buffer. */
export function assertOverflow(value: unknown): void {
  if (value === "error" || value === "drop-oldest" || value === "drop-newest") return;
  throw new TypeError(refusal("overflow", value, '"error", "drop-oldest" or "drop-newest"'));
}

/** Accepts an `AbortSignal`, or none. */
export function assertSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new TypeError(refusal("signal", signal, "an AbortSignal"));
}

function refusal(name: string, value: unknown, requirement: string): string {
  return `Cannot use ${describe(value)} as ${name}: it must be ${requirement}`;
}
