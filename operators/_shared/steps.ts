import type { Operator, Source } from "../types.ts";
import { END, Last, Later, Outcome, SKIP } from "./outcome.ts";
import { Inlet, type InletReader } from "./inlet.ts";
import { NONE, Outlet, type Producer, type Taker } from "./outlet.ts";

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

class StepRunner<T> implements Producer, Taker<T>, InletReader<unknown> {
  readonly outlet: Outlet<T>;
  readonly #inlet: Inlet<unknown>;
  readonly #steps: readonly Step<unknown, unknown>[];
  /** Whether a value is in the steps. */
  #isBusy = false;

  constructor(source: Source<unknown>, steps: readonly Step<unknown, unknown>[]) {
    this.#inlet = new Inlet(source, this);
    this.#steps = steps;
    this.outlet = new Outlet(this, undefined, this.#inlet.isBuffered ? this : undefined);
  }

  onValue(value: unknown): void {
    this.#isBusy = true;
    this.#give(this.#run(value, 0));
    this.demand();
  }

  onDone(): void {
    this.outlet.end();
  }

  onError(error: unknown): void {
    this.outlet.fail(error);
  }

  demand(): void {
    while (this.#inlet.isBuffered && !this.#isBusy && this.outlet.wanted) {
      const value = this.take();
      if (value === NONE) break;
      // The next reader's demand returns to this loop.
      this.#isBusy = true;
      this.#give(value);
    }
    if (!this.#isBusy && this.outlet.wanted) this.#inlet.pull();
  }

  /** Buffered values take a loop, since a filter can drop thousands of them. */
  take(): T | typeof NONE {
    while (!this.#isBusy && !this.outlet.finished) {
      const value = this.#inlet.take();
      if (value === undefined) break;
      this.#isBusy = true;
      try {
        const result = this.#run(value, 0);
        if (result === NONE) continue;
        if (this.#inlet.closed) this.#give(result);
        else {
          this.#isBusy = false;
          return result;
        }
      } catch (error) {
        this.outlet.fail(error);
      }
    }
    return NONE;
  }

  close(): Promise<unknown> | undefined {
    return this.#inlet.close();
  }

  /** Returns the result of the last step, unless a step drops the value or takes time. */
  #run(value: unknown, from: number): T | typeof NONE {
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
    return value as T;
  }

  #give(value: T | typeof NONE): void {
    if (value === NONE) return;
    this.outlet.push(value);
    this.#isBusy = false;
    if (this.#inlet.closed) this.outlet.end();
  }

  #follow(outcome: Outcome, next: number): typeof NONE {
    if (outcome instanceof Later) {
      outcome.result.then((result) => this.#resume(result, next), (error) => this.outlet.fail(error));
    } else if (outcome === END || this.#inlet.closed) this.outlet.end();
    else if (outcome === SKIP) this.#isBusy = false;
    return NONE;
  }

  #resume(result: unknown, next: number): void {
    if (this.outlet.finished) return;
    try {
      this.#give(result instanceof Outcome ? this.#follow(result, next) : this.#run(result, next));
      this.demand();
    } catch (error) {
      this.outlet.fail(error);
    }
  }
}
