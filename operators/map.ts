import { assertFunction } from "../core/arguments.ts";
import { later } from "./_shared/outcome.ts";
import { stepOperator } from "./_shared/steps.ts";
import type { MaybePromise, Operator } from "./types.ts";

/**
 * Gives what a mapper makes of each value.
 *
 * @param mapper Makes a value of another, at once or by a promise; its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If the mapper is not a function.
 *
 * @example Take the payloads
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
  assertFunction("mapper", mapper);
  return stepOperator(() => {
    let index = 0;
    return (value: T) => later(mapper(value, index++));
  });
}
