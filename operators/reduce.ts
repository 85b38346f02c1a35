import { assertFunction, assertSignal } from "../core/arguments.ts";
import { Inlet } from "./_shared/inlet.ts";
import { isPromiseLike } from "./_shared/outcome.ts";
import { Outlet } from "./_shared/outlet.ts";
import type { MaybePromise, Source } from "./types.ts";

/** Options of {@linkcode reduce} and {@linkcode toArray}. */
export interface TerminalOptions {
  /** When it aborts, the source is returned and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a source to its end, and resolves with the accumulated result. An error in the reducer returns the source.
 *
 * @param reducer Accumulates a value, and can return a promise. Its third argument is the value's index.
 * @param initial The accumulator before the first value, and the result if there is no value.
 * @param options A signal.
 * @returns A function that reads a source.
 * @throws {TypeError} If `reducer` is not a function, or `signal` is not an `AbortSignal`.
 *
 * @example Add up numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipe, reduce } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], reduce((total, n) => total + n, 0)), 6);
 * ```
 */
export function reduce<T, TResult>(
  reducer: (accumulated: TResult, value: T, index: number) => MaybePromise<TResult>,
  initial: TResult,
  options: TerminalOptions = {},
): (source: Source<T>) => Promise<TResult> {
  assertFunction("the reducer", reducer);
  const { signal } = options;
  assertSignal(signal);
  return async (source) => {
    let index = 0;
    let accumulated = initial;
    const follow = (next: TResult): void => {
      accumulated = next;
      inlet.pull();
    };
    const onError = (error: unknown): void => outlet.fail(error);
    const inlet = new Inlet(source, {
      onValue(value) {
        const next = reducer(accumulated, value, index++);
        if (isPromiseLike(next)) Promise.resolve(next).then(follow, onError);
        else follow(next);
      },
      onDone() {
        outlet.push(accumulated);
        outlet.end();
      },
      onError,
    });
    const outlet = new Outlet<TResult>({ demand: () => inlet.pull(), close: () => inlet.close() });
    const result = await outlet.endOn(signal).next();
    // Only the signal ends the reduction without a result.
    if (result.done) throw signal?.reason;
    return result.value;
  };
}
