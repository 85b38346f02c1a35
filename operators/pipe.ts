import { assertFunction } from "../core/arguments.ts";
import { runSteps, type Step, stepOf } from "./_shared/steps.ts";
import type { Source } from "./types.ts";

/**
 * Puts operators in a row: each reads what the one before gives. Neighbours that look at one value after the
 * other (`filter`, `map`, `take`, `drop`, `takeWhile`, `scan`, `tap`, `dedupe`, `window` of a size) run in
 * one iterator, so that one more of them costs little more than its callback.
 *
 * Any function of one argument is an operator, so that the last one may give a promise, say.
 *
 * @param source What the first operator reads.
 * @returns What the last operator gives, or the source if there is none.
 * @throws {TypeError} If an operator is not a function; the source is not opened then.
 *
 * @example Some of the values, changed
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
export function pipe<S>(
  source: S,
): S;
/** Puts 1 operator in a row. */
export function pipe<S, A>(
  source: S,
  a: (source: S) => A,
): A;
/** Puts 2 operators in a row. */
export function pipe<S, A, B>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
): B;
/** Puts 3 operators in a row. */
export function pipe<S, A, B, C>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
): C;
/** Puts 4 operators in a row. */
export function pipe<S, A, B, C, D>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
): D;
/** Puts 5 operators in a row. */
export function pipe<S, A, B, C, D, E>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
): E;
/** Puts 6 operators in a row. */
export function pipe<S, A, B, C, D, E, F>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
): F;
/** Puts 7 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
): G;
/** Puts 8 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
): H;
/** Puts 9 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
): I;
/** Puts 10 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
): J;
/** Puts 11 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
  k: (source: J) => K,
): K;
/** Puts 12 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
  k: (source: J) => K,
  l: (source: K) => L,
): L;
/** Puts 13 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
  k: (source: J) => K,
  l: (source: K) => L,
  m: (source: L) => M,
): M;
/** Puts 14 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M, N>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
  k: (source: J) => K,
  l: (source: K) => L,
  m: (source: L) => M,
  n: (source: M) => N,
): N;
/** Puts 15 operators in a row. */
export function pipe<S, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O>(
  source: S,
  a: (source: S) => A,
  b: (source: A) => B,
  c: (source: B) => C,
  d: (source: C) => D,
  e: (source: D) => E,
  f: (source: E) => F,
  g: (source: F) => G,
  h: (source: G) => H,
  i: (source: H) => I,
  j: (source: I) => J,
  k: (source: J) => K,
  l: (source: K) => L,
  m: (source: L) => M,
  n: (source: M) => N,
  o: (source: N) => O,
): O;
export function pipe(
  source: Source<unknown>,
  ...operators: ((source: Source<unknown>) => Source<unknown>)[]
): unknown {
  for (const operator of operators) assertFunction("operator", operator);
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
