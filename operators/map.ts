import { assertFunction } from "../core/arguments.ts";
import { later } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { MaybePromise, Operator } from "./types.ts";

/**
 * Maps each value to another.
 *
 * @param mapper Maps a value, and can return a promise. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `mapper` is not a function.
 *
 * @example Format payloads
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, map, pipe } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ greeting: string }>();
 * await using greetings = pipe(pubsub.subscribe("greeting"), map(({ payload }, i) => `${i}: ${payload}`));
 * pubsub.publish("greeting", "1", "hello");
 * assertEquals(await greetings.next(), { value: "0: hello", done: false });
 * ```
 */
export function map<T, U>(mapper: (value: T, index: number) => MaybePromise<U>): Operator<T, U> {
  assertFunction("the mapper", mapper);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => later(mapper(value, index++));
  });
}
