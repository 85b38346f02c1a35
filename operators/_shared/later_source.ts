import { ignore } from "../../core/ignore.ts";
import type { Source } from "../types.ts";
import { Reader } from "./reader.ts";
import { openSource } from "./source.ts";

/** Reads a source that is known later. */
export class LaterSource<T> extends Reader<T, unknown> {
  readonly #opening: Promise<AsyncIterator<T>>;
  #iterator: AsyncIterator<T> | undefined;
  #returned = false;

  constructor(source: PromiseLike<Source<T>>) {
    super();
    this.#opening = Promise.resolve(source).then((source) => {
      this.#iterator = openSource(source);
      // A source such as a subscription is open already.
      if (this.#returned) void this.return().then(undefined, ignore);
      return this.#iterator;
    });
    // The reader gets a rejection from next().
    this.#opening.then(undefined, ignore);
  }

  override next(): Promise<IteratorResult<T, unknown>> {
    return this.#iterator?.next() ?? this.#opening.then((iterator) => iterator.next());
  }

  /** Does not wait for the source to be known: that source is returned later. */
  override async return(): Promise<IteratorResult<T, unknown>> {
    this.#returned = true;
    await this.#iterator?.return?.();
    return { value: undefined, done: true };
  }
}
