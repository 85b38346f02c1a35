import type { Operator, Source } from "../types.ts";
import { END, Last, Later, Outcome, SKIP } from "./outcome.ts";
import { Inlet, type InletReader } from "./inlet.ts";
import { Outlet, type Producer } from "./outlet.ts";

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
  return new StepRunner<T>(source, steps).outlet;
}

class StepRunner<T> implements Producer, InletReader<unknown> {
  readonly outlet: Outlet<T> = new Outlet(this);
  readonly #inlet: Inlet<unknown>;
  readonly #steps: readonly Step<unknown, unknown>[];
  /** Whether a value is in the steps. */
  #isBusy = false;

  constructor(source: Source<unknown>, steps: readonly Step<unknown, unknown>[]) {
    this.#inlet = new Inlet(source, this);
    this.#steps = steps;
  }

  onValue(value: unknown): void {
    this.#isBusy = true;
    this.#run(value, 0);
    this.demand();
  }

  onDone(): void {
    this.outlet.end();
  }

  onError(error: unknown): void {
    this.outlet.fail(error);
  }

  /** Buffered values take a loop, since a filter can drop thousands of them. */
  demand(): void {
    while (!this.#isBusy && this.outlet.wanted) {
      const value = this.#inlet.take();
      if (value === undefined) return this.#inlet.pull();
      this.#isBusy = true;
      try {
        this.#run(value, 0);
      } catch (error) {
        this.outlet.fail(error);
      }
    }
  }

  close(): Promise<unknown> | undefined {
    return this.#inlet.close();
  }

  #run(value: unknown, from: number): void {
    const steps = this.#steps;
    for (let i = from; i < steps.length; i++) {
      const result = steps[i]?.run(value);
      if (!(result instanceof Outcome)) value = result;
      else if (result instanceof Last) {
        value = result.value;
        // The source is returned now, however long the next steps take.
        void this.#inlet.close();
      } else return this.#follow(result, i + 1);
    }
    // The result of the last step has this type.
    this.outlet.push(value as T);
    this.#isBusy = false;
    if (this.#inlet.closed) this.outlet.end();
  }

  #follow(outcome: Outcome, next: number): void {
    if (outcome instanceof Later) {
      outcome.result.then((result) => this.#resume(result, next), (error) => this.outlet.fail(error));
    } else if (outcome === END || this.#inlet.closed) this.outlet.end();
    else if (outcome === SKIP) this.#isBusy = false;
  }

  #resume(result: unknown, next: number): void {
    if (this.outlet.finished) return;
    try {
      if (result instanceof Outcome) this.#follow(result, next);
      else this.#run(result, next);
      this.demand();
    } catch (error) {
      this.outlet.fail(error);
    }
  }
}
