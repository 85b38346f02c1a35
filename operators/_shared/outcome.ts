/** A result of a step that is not a value. */
export class Outcome {
  /** Distinguishes an outcome from a value, also for the compiler. */
  readonly isOutcome = true;
}

/** Drops the value. */
export const SKIP: Outcome = /* @__PURE__ */ new Outcome();

/** Drops the value, and returns the source. */
export const END: Outcome = /* @__PURE__ */ new Outcome();

/** The last value: the source is returned. */
export class Last<T> extends Outcome {
  constructor(readonly value: T) {
    super();
  }
}

/** A result that is known later. */
export class Later<T> extends Outcome {
  constructor(readonly result: Promise<T | Outcome>) {
    super();
  }
}

/** Turns the value that a callback returned, or a promise of it, into the result of a step. */
export function whenKnown<TReturned, T>(
  returned: TReturned | PromiseLike<TReturned>,
  resultOf: (returned: TReturned) => T | Outcome,
): T | Outcome {
  return isPromiseLike(returned) ? new Later(Promise.resolve(returned).then(resultOf)) : resultOf(returned);
}

/** The same for a callback that returns the result itself. */
export function later<T>(returned: T | PromiseLike<T>): T | Outcome {
  return isPromiseLike(returned) ? new Later(Promise.resolve(returned)) : returned;
}

/** Whether `await` would call a value's `then`. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (typeof value === "object" || typeof value === "function") && value !== null && "then" in value &&
    typeof value.then === "function";
}
