import { closeAll, Inlet, type InletReader } from "./_shared/inlet.ts";
import { Outlet } from "./_shared/outlet.ts";
import type { Operator, OperatorIterator, Source } from "./types.ts";

/**
 * Yields the values of iterables and async iterables, one after the other. It flattens one level. Each iterable is opened
 * when its turn comes. Nothing is buffered.
 *
 * @returns The operator.
 *
 * @example Flatten batches
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flat, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([[1, 2], [], [3]], flat(), toArray()), [1, 2, 3]);
 * ```
 */
export function flat<T>(): Operator<Source<T>, T> {
  return (sources) => readInOrder(sources, []);
}

/** Reads sources one after the other: the first ones are opened now, and each other one when its turn comes. */
export function readInOrder<T>(
  sources: Source<Source<T>>,
  opened: readonly Source<T>[],
): OperatorIterator<T> {
  let inner: Inlet<T> | undefined;
  const demand = (): void => (inner ?? outer).pull();
  const values = new Outlet<T>({ demand, close: () => closeAll([inner, outer]) });
  const onError = (error: unknown): void => values.fail(error);
  const reader: InletReader<T> = {
    onValue: (value) => values.push(value),
    onDone() {
      inner = undefined;
      demand();
    },
    onError,
  };
  const outer = new Inlet(sources, {
    onValue(source) {
      inner = new Inlet(source, reader);
      // Opening the source may have ended the iteration.
      if (values.finished) void inner.close();
      else demand();
    },
    onDone: () => values.end(),
    onError,
  });
  for (const source of opened) inner = new Inlet(source, reader);
  return values;
}
