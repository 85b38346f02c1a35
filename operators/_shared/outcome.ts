/** What a step answers with where it does not answer with a value. */
export class Outcome {
  /** Tells it from a value, also to the compiler. */
  readonly isOutcome = true;
}

/** The value is left out. */
export const SKIP: Outcome = new Outcome();

/** The value is left out, and the source is returned. */
export const END: Outcome = new Outcome();

/** The value is the last one: the source is returned. */
export class Last<T> extends Outcome {
  constructor(readonly value: T) {
    super();
  }
}

/** What the step answers is known later. */
export class Later<T> extends Outcome {
  constructor(readonly answer: Promise<T | Outcome>) {
    super();
  }
}

/**
 * Answers with what a callback gave, at once or later.
 *
 * @param result What the callback gave.
 * @param answer What to answer once it is known.
 * @returns The answer of a step.
 */
export function whenKnown<TResult, T>(
  result: TResult | PromiseLike<TResult>,
  answer: (result: TResult) => T | Outcome,
): T | Outcome {
  return isPromiseLike(result) ? new Later(Promise.resolve(result).then(answer)) : answer(result);
}

/**
 * Answers with a value that a callback gave, at once or later.
 *
 * @param result What the callback gave.
 * @returns The answer of a step.
 */
export function later<T>(result: T | PromiseLike<T>): T | Outcome {
  return isPromiseLike(result) ? new Later(Promise.resolve(result)) : result;
}

/**
 * Whether something is a promise, or would be awaited like one.
 *
 * @param value Anything.
 * @returns Whether it has a `then`.
 */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
