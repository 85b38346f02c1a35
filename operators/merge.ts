import { closeAll, type Inlet, type InletReader, openBeside } from "./_shared/inlet.ts";
import { Outlet } from "./_shared/outlet.ts";
import type { Operator, Source } from "./types.ts";

/**
 * Yields the values of several sources as they arrive, and ends when all have ended. All sources are opened when the
 * operator is called. An error in any of them ends the iteration, and returns the others. One value of each source is
 * buffered.
 *
 * @param sources The other sources.
 * @returns The operator.
 *
 * @example Read two sources at once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { merge, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2], merge([10, 20]), toArray()), [1, 10, 2, 20]);
 * ```
 */
export function merge<T>(...sources: readonly Source<T>[]): Operator<T, T> {
  return (source) => {
    const inlets = new Set<Inlet<T>>();
    const values = new Outlet<T>({
      demand() {
        for (const inlet of inlets) inlet.pull();
      },
      close: () => closeAll(inlets),
    });
    const reader: InletReader<T> = {
      onValue: (value) => values.push(value),
      onDone(inlet) {
        inlets.delete(inlet);
        if (inlets.size === 0) values.end();
      },
      onError: (error) => values.fail(error),
    };
    for (const opened of [source, ...sources]) inlets.add(openBeside(inlets, opened, reader));
    return values;
  };
}
