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
  return (sources) => new Flat<T>(sources);
}

/** Reads sources one after the other: opens the first one now, and each other one when its turn comes. */
export function inOrder<T>(first: Source<T>, others: Source<Source<T>>): OperatorIterator<T> {
  return new Flat(others, [first]);
}

class Flat<T> extends Outlet<T> {
  readonly #outer: Inlet<Source<T>>;
  readonly #reader: InletReader<T>;
  #inner: Inlet<T> | undefined;

  constructor(sources: Source<Source<T>>, first: readonly Source<T>[] = []) {
    super();
    const onError = (error: unknown): void => this.fail(error);
    this.#reader = {
      onValue: (value) => this.push(value),
      onDone: () => {
        this.#inner = undefined;
        this.demand();
      },
      onError,
    };
    this.#outer = new Inlet(sources, {
      onValue: (source) => {
        this.#inner = new Inlet(source, this.#reader);
        // Opening the source may have ended the iteration.
        if (this.finished) void this.#inner.close();
        else this.demand();
      },
      onDone: () => this.end(),
      onError,
    });
    for (const source of first) this.#inner = new Inlet(source, this.#reader);
  }

  protected override demand(): void {
    (this.#inner ?? this.#outer).pull();
  }

  protected override close(): Promise<unknown> | undefined {
    return closeAll([this.#inner, this.#outer]);
  }
}
