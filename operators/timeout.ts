import { assertDuration, assertSignal } from "../core/arguments.ts";
import { domException } from "../core/platform.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, SignalOptions } from "./types.ts";

/**
 * Fails with a `TimeoutError` (a `DOMException`, or an `Error` of that name where the platform has none) if a reader waits
 * for a value too long. The time between two reads does not count.
 *
 * @param ms The longest time that a reader waits for one value, in milliseconds.
 * @param options A signal.
 * @returns The operator.
 * @throws {RangeError} If `ms` is not a time that a timer supports.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 *
 * @example Limit the wait for a value
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { createPubSub, pipe, timeout } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ news: string }>();
 * const news = pipe(pubsub.subscribe("news"), timeout(10));
 * const error = await assertRejects(() => news.next(), DOMException);
 * assertEquals(error.name, "TimeoutError");
 * ```
 */
export function timeout<T>(ms: number, options: SignalOptions = {}): Operator<T, T> {
  assertDuration("ms", ms);
  const { signal } = options;
  assertSignal(signal);
  return (source) => {
    const stream = new SingleSource<T, T>(source, {
      onValue(value) {
        stream.timer.stop();
        stream.outlet.push(value);
      },
      demand() {
        stream.timer.start(ms, () => {
          stream.outlet.fail(domException(`No value came within ${ms} ms`, "TimeoutError"));
        });
        stream.inlet.pull();
      },
    });
    return stream.outlet.endOn(signal);
  };
}
