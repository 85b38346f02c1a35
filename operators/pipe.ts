import { assertFunction } from "../core/arguments.ts";
import { runSteps, type Step, stepOf } from "./_shared/steps.ts";
import type { Source } from "./types.ts";

/**
 * The operators of {@linkcode pipe}: each takes the result of the one before. `TValues` are the types of the source and
 * of every result.
 */
export type Pipeline<TValues extends unknown[]> = TValues extends [infer TIn, infer TOut, ...infer TRest]
  ? [operator: (source: TIn) => TOut, ...Pipeline<[TOut, ...TRest]>]
  : [];

/**
 * Composes operators: each reads the result of the one before. Neighbours that handle one value at a time (`filter`,
 * `map`, `take`, `drop`, `takeWhile`, `scan`, `tap`, `dedupe`, `window` of a size) share one iterator, so that another one
 * costs little more than its callback.
 *
 * An operator is any function of one argument. The last one can return a promise, for example.
 *
 * @param source The input of the first operator.
 * @returns The result of the last operator, or the source if there is no operator.
 * @throws {TypeError} If an operator is not a function. The source is not opened then.
 *
 * @example Filter, map and limit the events of a subscription
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, filter, map, pipe, take, toArray } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ temperature: number }>();
 * const warm = pipe(
 *   pubsub.subscribe("temperature"),
 *   filter(({ payload }) => payload > 20),
 *   map(({ id, payload }) => `${id} ${payload}`),
 *   take(2),
 *   toArray(),
 * );
 * for (const [id, celsius] of [["a", 19], ["b", 21], ["c", 22]] as const) {
 *   pubsub.publish("temperature", id, celsius);
 * }
 * assertEquals(await warm, ["b 21", "c 22"]);
 * ```
 */
export function pipe<S>(source: S): S;
/** Passes a source through one operator. */
export function pipe<S, A>(source: S, ...operators: Pipeline<[S, A]>): A;
/** Passes a source through two operators, in this order. */
export function pipe<S, A, B>(source: S, ...operators: Pipeline<[S, A, B]>): B;
/** Passes a source through three operators, in this order. */
export function pipe<S, A, B, C>(source: S, ...operators: Pipeline<[S, A, B, C]>): C;
/** Passes a source through four operators, in this order. */
export function pipe<S, A, B, C, D>(source: S, ...operators: Pipeline<[S, A, B, C, D]>): D;
/** Passes a source through five operators, in this order. */
export function pipe<S, A, B, C, D, E>(source: S, ...operators: Pipeline<[S, A, B, C, D, E]>): E;
/** Passes a source through six operators, in this order. */
export function pipe<S, A, B, C, D, E, F>(source: S, ...operators: Pipeline<[S, A, B, C, D, E, F]>): F;
/** Passes a source through seven operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G>(source: S, ...operators: Pipeline<[S, A, B, C, D, E, F, G]>): G;
/** Passes a source through eight operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H]>
): H;
/** Passes a source through nine operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I]>
): I;
/** Passes a source through ten operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J]>
): J;
/** Passes a source through eleven operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J, K]>
): K;
/** Passes a source through twelve operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J, K, L]>
): L;
/** Passes a source through thirteen operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J, K, L, M]>
): M;
/** Passes a source through fourteen operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M, N>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J, K, L, M, N]>
): N;
/** Passes a source through fifteen operators, in this order. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O>(
  source: S,
  ...operators: Pipeline<[S, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O]>
): O;
export function pipe(
  source: Source<unknown>,
  ...operators: ((source: Source<unknown>) => Source<unknown>)[]
): unknown {
  for (const operator of operators) assertFunction("an operator", operator);
  let values = source;
  let steps: Step<unknown, unknown>[] = [];
  for (const operator of operators) {
    const step = stepOf(operator);
    if (step !== undefined) steps.push(step);
    else {
      if (steps.length > 0) values = runSteps(values, steps);
      steps = [];
      values = operator(values);
    }
  }
  return steps.length > 0 ? runSteps(values, steps) : values;
}
