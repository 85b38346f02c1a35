import type { Operator, Source } from "../types.ts";
import { END, Last, Later, Outcome, SKIP } from "./outcome.ts";
import type { Outlet } from "./outlet.ts";
import { SingleSource } from "./single_source.ts";

/** An operator that handles one value at a time. A step belongs to one iteration, and can have state. */
export interface Step<TIn, TOut> {
  run(value: TIn): TOut | Outcome;
}

/** Makes the step of each step operator, so that {@linkcode pipe} can run neighbours in one iterator. */
const makers = new WeakMap<object, () => Step<unknown, unknown>>();

/** Creates an operator. `make` makes the step of one iteration. */
export function stepOperator<TIn, TOut>(make: () => (value: TIn) => TOut | Outcome): Operator<TIn, TOut> {
  const makeStep = (): Step<TIn, TOut> => ({ run: make() });
  const operator: Operator<TIn, TOut> = (source) => runSteps(source, [makeStep()]);
  makers.set(operator, makeStep);
  return operator;
}

/** Makes a step for one iteration, if the operator is one of {@linkcode stepOperator}. */
export function stepOf(operator: (source: never) => unknown): Step<unknown, unknown> | undefined {
  return makers.get(operator)?.();
}

/** Runs all steps for each value of a source, in order. */
export function runSteps<T>(source: Source<unknown>, steps: readonly Step<unknown, unknown>[]): Outlet<T> {
  const values = new SingleSource<unknown, T>(source, { onValue: (value) => run(value, 0) });
  return values;

  function run(value: unknown, from: number): void {
    for (let i = from; i < steps.length; i++) {
      const result = steps[i]?.run(value);
      if (!(result instanceof Outcome)) value = result;
      else if (result instanceof Last) {
        value = result.value;
        // The source is returned now, however long the next steps take.
        void values.inlet.close();
      } else return follow(result, i + 1);
    }
    // The result of the last step has this type.
    values.push(value as T);
    if (values.inlet.closed) values.end();
  }

  function follow(outcome: Outcome, next: number): void {
    if (outcome instanceof Later) {
      outcome.result.then((result) => resume(result, next), (error) => values.fail(error));
    } else if (outcome === END || values.inlet.closed) values.end();
    else if (outcome === SKIP) values.inlet.pull();
  }

  function resume(result: unknown, next: number): void {
    if (values.finished) return;
    try {
      if (result instanceof Outcome) follow(result, next);
      else run(result, next);
    } catch (error) {
      values.fail(error);
    }
  }
}
