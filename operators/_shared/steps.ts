import type { Operator, Source } from "../types.ts";
import { END, Last, Later, Outcome, SKIP } from "./outcome.ts";
import type { Outlet } from "./outlet.ts";
import { SingleSource } from "./single_source.ts";

/** What one operator does to one value after the other. It belongs to one iteration, and may remember. */
export interface Step<TIn, TOut> {
  run(value: TIn): TOut | Outcome;
}

/** How each step operator makes its step, so that {@linkcode pipe} can run neighbours in one iterator. */
const makers = new WeakMap<object, () => Step<unknown, unknown>>();

/**
 * Makes an operator of steps.
 *
 * @param make Makes the step of one iteration.
 * @returns The operator.
 */
export function stepOperator<TIn, TOut>(make: () => (value: TIn) => TOut | Outcome): Operator<TIn, TOut> {
  const makeStep = (): Step<TIn, TOut> => ({ run: make() });
  const operator: Operator<TIn, TOut> = (source) => runSteps(source, [makeStep()]);
  makers.set(operator, makeStep);
  return operator;
}

/**
 * The step of an operator, if it is made of one.
 *
 * @param operator Any operator.
 * @returns A step for one iteration, or `undefined`.
 */
export function stepOf(operator: (source: never) => unknown): Step<unknown, unknown> | undefined {
  return makers.get(operator)?.();
}

/**
 * Runs steps over a source, one after the other for each value.
 *
 * @param source The source.
 * @param steps The steps; the last of them gives the values.
 * @returns The values.
 */
export function runSteps<T>(source: Source<unknown>, steps: readonly Step<unknown, unknown>[]): Outlet<T> {
  return new StepIterator<T>(source, steps);
}

/** Runs steps over the values of a source. */
class StepIterator<T> extends SingleSource<unknown, T> {
  readonly #steps: readonly Step<unknown, unknown>[];

  constructor(source: Source<unknown>, steps: readonly Step<unknown, unknown>[]) {
    super(source);
    this.#steps = steps;
  }

  override onValue(value: unknown): void {
    this.#run(value, 0);
  }

  #run(value: unknown, from: number): void {
    const steps = this.#steps;
    for (let i = from; i < steps.length; i++) {
      const answer = steps[i]?.run(value);
      if (!(answer instanceof Outcome)) value = answer;
      else if (answer instanceof Last) {
        value = answer.value;
        // It is returned now, however long the steps that follow take.
        void this.inlet.close();
      } else return this.#follow(answer, i + 1);
    }
    // The last step is the one that gives values of this type.
    this.push(value as T);
    if (this.inlet.closed) this.end();
  }

  #follow(answer: Outcome, next: number): void {
    if (answer instanceof Later) {
      answer.answer.then((known) => this.#resume(known, next), (error) => this.fail(error));
      return;
    }
    if (answer === END || this.inlet.closed) return this.end();
    if (answer === SKIP) this.inlet.pull();
  }

  #resume(answer: unknown, next: number): void {
    if (this.finished) return;
    try {
      if (answer instanceof Outcome) this.#follow(answer, next);
      else this.#run(answer, next);
    } catch (error) {
      this.fail(error);
    }
  }
}
