import { type Inlet, openBeside } from "./_shared/inlet.ts";
import { SingleSource } from "./_shared/single_source.ts";
import { runSteps } from "./_shared/steps.ts";
import { assertSource } from "./_shared/source.ts";
import type { Operator, Source } from "./types.ts";

/**
 * Ends quietly when a signal aborts, or when another source yields its first value. That value is requested when the
 * operator is called. If the other source ends without a value, nothing happens. If it fails, so does this iteration.
 *
 * @param notifier The signal or the other source.
 * @returns The operator.
 * @throws {TypeError} If `notifier` is neither a signal nor a source.
 *
 * @example End with a signal
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, pipe, takeUntil } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ news: string }>();
 * const controller = new AbortController();
 * const news = pipe(pubsub.subscribe("news"), takeUntil(controller.signal));
 * const next = news.next();
 * controller.abort();
 * assertEquals(await next, { value: undefined, done: true });
 * ```
 */
export function takeUntil<T>(notifier: AbortSignal | Source<unknown>): Operator<T, T> {
  if (notifier instanceof AbortSignal) return (source) => runSteps<T>(source, []).endOn(notifier);
  assertSource(notifier);
  return (source) => {
    const stream = new SingleSource<T, T>(source, {
      onValue: (value) => stream.outlet.push(value),
      close: () => ending.close(),
    });
    const ending: Inlet<unknown> = openBeside([stream.inlet], notifier, {
      onValue: () => stream.outlet.discard(),
      onDone: () => {},
      onError: (error) => stream.outlet.fail(error),
    });
    ending.pull();
    return stream.outlet;
  };
}
