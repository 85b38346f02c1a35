import { ignore } from "../../core/ignore.ts";
import type { Source } from "../types.ts";
import { openSource } from "./source.ts";

/** Reads a source that is known later. */
export class LaterSource<T> implements AsyncIterableIterator<T, unknown> {
  readonly #opening: Promise<AsyncIterator<T>>;
  #iterator: AsyncIterator<T> | undefined;
  #returned = false;

  constructor(source: PromiseLike<Source<T>>) {
    this.#opening = Promise.resolve(source).then((source) => this.#open(source));
    // The reader gets a rejection from next().
    this.#opening.then(undefined, ignore);
  }

  async next(): Promise<IteratorResult<T, unknown>> {
    const iterator = this.#iterator ?? await this.#opening;
    return await iterator.next();
  }

  /** Does not wait for the source to be known: it is returned once it is. */
  async return(): Promise<IteratorResult<T, unknown>> {
    this.#returned = true;
    await this.#iterator?.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #open(source: Source<T>): Promise<AsyncIterator<T>> {
    const iterator = openSource(source);
    this.#iterator = iterator;
    // Some sources, such as subscriptions, are open already.
    if (this.#returned) await iterator.return?.();
    return iterator;
  }
}
