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
  return (source) => new Merge([source, ...sources]);
}

class Merge<T> extends Outlet<T> implements InletReader<T> {
  readonly #inlets = new Set<Inlet<T>>();

  constructor(sources: readonly Source<T>[]) {
    super();
    for (const source of sources) this.#inlets.add(openBeside(this.#inlets, source, this));
  }

  onValue(value: T): void {
    this.push(value);
  }

  onDone(inlet: Inlet<T>): void {
    this.#inlets.delete(inlet);
    if (this.#inlets.size === 0) this.end();
  }

  onError(error: unknown): void {
    this.fail(error);
  }

  protected override demand(): void {
    for (const inlet of this.#inlets) inlet.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    return closeAll(this.#inlets);
  }
}
