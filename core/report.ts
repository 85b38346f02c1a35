import { describe, printable, toError } from "./describe.ts";
import type { ErrorContext, ErrorHandler, ErrorStage } from "./types.ts";

/** The parts of the context of a fault that few faults have. */
export type FaultDetails = Pick<ErrorContext, "peer" | "attempt" | "dropped">;

const MAX_LINES_PER_SECOND = 10;

let windowStart = 0;
/** The lines of this second, by the kind of fault. */
const printed = new Map<string, number>();
let suppressed = 0;

/**
 * The default {@linkcode ErrorHandler}. It prints one line to `console.error`, at most ten a second of each kind, so that
 * peers cannot hide other faults. The next line says how many were left out.
 */
export function printError(error: unknown, { target, stage, topic, peer, attempt }: ErrorContext): void {
  const now = Date.now();
  // If the clock is set back, the printer must not fall silent.
  if (now - windowStart >= 1000 || now < windowStart) {
    windowStart = now;
    printed.clear();
  }
  const kind = kindOf(error, "isOfPeer" in target, stage);
  const lines = printed.get(kind) ?? 0;
  if (lines >= MAX_LINES_PER_SECOND) {
    suppressed++;
    return;
  }
  printed.set(kind, lines + 1);
  const on = topic === undefined ? "" : ` ${describe(topic)}`;
  const to = peer === undefined ? "" : ` ${printable(peer)}`;
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

/** Calls a callback of the program that has no other way to report its fault. Returns the result. */
export function notify<T>(target: ErrorContext["target"], callback: () => T): T | undefined {
  return callSafely(callback, (error) => printError(error, { target, stage: "listener" }));
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

/** Faults that the program causes are of another kind than those on the target of a peer, which can cause any number. */
function kindOf(error: unknown, isOfPeer: boolean, stage: ErrorStage): string {
  try {
    const { name, cause } = Object(error);
    return [stage, isOfPeer, name, cause !== undefined].join();
  } catch {
    return stage;
  }
}

function firstLine(error: unknown): string {
  try {
    return printable(String(error).split("\n", 1)[0] ?? "");
  } catch {
    return "an error that cannot be printed";
  }
}
