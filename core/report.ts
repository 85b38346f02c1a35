import { describe } from "./describe.ts";
import type { ErrorContext, ErrorHandler } from "./types.ts";

const MAX_LINES_PER_SECOND = 10;
const MAX_MESSAGE_LENGTH = 500;

let windowStart = 0;
let printed = 0;
let suppressed = 0;

/**
 * The default {@linkcode ErrorHandler}: one line to `console.error`, at most ten a second in the whole process;
 * the next line says how many were left out.
 *
 * @param error What went wrong.
 * @param context Where.
 */
export function printError(error: unknown, { target, stage, topic }: ErrorContext): void {
  const now = Date.now();
  // A clock that was set back must not silence the printer.
  if (now - windowStart >= 1000 || now < windowStart) {
    windowStart = now;
    printed = 0;
  }
  if (printed >= MAX_LINES_PER_SECOND) {
    suppressed++;
    return;
  }
  printed++;
  const where = `${target[Symbol.toStringTag]} ${stage}${topic === undefined ? "" : ` ${describe(topic)}`}`;
  const more = suppressed === 0 ? "" : ` (and ${suppressed} more not printed)`;
  suppressed = 0;
  // deno-lint-ignore no-console -- this is the default printer
  console.error(`[@alkdev/pubsub] ${where}: ${firstLine(error)}${more}`);
}

/**
 * Calls a user's callback so that nothing it throws, now or by a promise, reaches the caller.
 *
 * @param callback What to call.
 * @param onFault Hears what it threw.
 */
export function callSafely(callback: () => unknown, onFault: (error: unknown) => void): void {
  try {
    adoptRejection(callback(), onFault);
  } catch (error) {
    onFault(error);
  }
}

/**
 * Gives the rejection of a promise that a user's callback returned an owner.
 *
 * @param result What the callback returned.
 * @param onFault Hears the rejection.
 */
export function adoptRejection(result: unknown, onFault: (error: unknown) => void): void {
  if (isPromise(result)) result.then(undefined, onFault);
}

function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise;
  } catch {
    // A revoked proxy has no prototype to ask for.
    return false;
  }
}

/**
 * Tells a handler of a fault; what the handler itself throws is printed.
 *
 * @param onError The user's handler.
 * @param error What went wrong.
 * @param context Where.
 */
export function reportError(onError: ErrorHandler, error: unknown, context: ErrorContext): void {
  callSafely(() => onError(error, context), (fault) => printError(fault, context));
}

function firstLine(error: unknown): string {
  try {
    return String(error).split("\n", 1)[0]?.slice(0, MAX_MESSAGE_LENGTH) ?? "";
  } catch {
    return "an error that cannot be printed";
  }
}
