import { describe, toError } from "./describe.ts";
import type { ErrorContext, ErrorHandler } from "./types.ts";

const MAX_LINES_PER_SECOND = 10;
const MAX_MESSAGE_LENGTH = 500;

let windowStart = 0;
let printed = 0;
let suppressed = 0;

/**
 * The default {@linkcode ErrorHandler}. It prints one line to `console.error`, at most ten a second in the whole process.
 * The next line says how many were left out.
 */
export function printError(error: unknown, { target, stage, topic, peer, attempt }: ErrorContext): void {
  const now = Date.now();
  // If the clock is set back, the printer must not fall silent.
  if (now - windowStart >= 1000 || now < windowStart) {
    windowStart = now;
    printed = 0;
  }
  if (printed >= MAX_LINES_PER_SECOND) {
    suppressed++;
    return;
  }
  printed++;
  const on = topic === undefined ? "" : ` ${describe(topic)}`;
  const to = peer === undefined ? "" : ` ${peer}`;
  const where = `${target[Symbol.toStringTag]} ${stage}${on}${to}${attempt ? ` (attempt ${attempt})` : ""}`;
  const more = suppressed === 0 ? "" : ` (and ${suppressed} more not printed)`;
  suppressed = 0;
  // deno-lint-ignore no-console -- this is the default printer
  console.error(`[@alkdev/pubsub] ${where}: ${firstLine(error)}${more}`);
}

/** Calls a user's callback, and returns its result. Gives an error that it throws, or its rejection, to `onFault`. */
export function callSafely<T>(callback: () => T, onFault: (error: unknown) => void): T | undefined {
  try {
    const result = callback();
    adoptRejection(result, onFault);
    return result;
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

/** Gives the rejection of a promise that a user's callback returned to `onFault`. */
export function adoptRejection(result: unknown, onFault: (error: unknown) => void): void {
  if (isPromise(result)) result.then(undefined, onFault);
}

function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise;
  } catch {
    // A revoked proxy has no prototype.
    return false;
  }
}

/** Reports a fault to the user's handler, and prints an error that the handler throws. */
export function reportError(onError: ErrorHandler, error: unknown, context: ErrorContext): void {
  callSafely(() => onError(toError(error), context), (fault) => printError(fault, context));
}

function firstLine(error: unknown): string {
  try {
    return String(error).split("\n", 1)[0]?.slice(0, MAX_MESSAGE_LENGTH) ?? "";
  } catch {
    return "an error that cannot be printed";
  }
}
