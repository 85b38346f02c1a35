import { assertSignal } from "../core/arguments.ts";
import { assertDuration } from "../core/arguments.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/**
 * Fails with a `TimeoutError` (a `DOMException`) if the source lets a reader wait for too long. The time that
 * the reader takes between two values does not count.
 *
 * @param ms How long one value may take, in milliseconds.
 * @param options A signal.
 * @returns The operator.
 * @throws {RangeError} If the time is not one that a timer can take.
 * @throws {TypeError} If the signal is not one.
 *
 * @example Do not wait for ever
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
  assertDuration("time to wait", ms);
  const { signal } = options;
  assertSignal(signal);
  return (source) => new Timeout(source, ms).endOn(signal);
}

class Timeout<T> extends SingleSource<T, T> {
  readonly #ms: number;

  constructor(source: Source<T>, ms: number) {
    super(source);
    this.#ms = ms;
  }

  override onValue(value: T): void {
    this.timer.stop();
    this.push(value);
  }

  protected override demand(): void {
    this.timer.start(this.#ms, () => {
      this.fail(new DOMException(`No value came within ${this.#ms} ms`, "TimeoutError"));
    });
    this.inlet.pull();
  }
}
