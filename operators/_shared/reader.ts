/**
 * An async iterator that is read by itself, and returned when it is disposed of. A class of its own, since `deno pack` keeps
 * a class that names a member by a symbol in every page, whether or not the page uses it.
 */
export abstract class Reader<T, TReturn = undefined> implements AsyncIterableIterator<T, TReturn> {
  abstract next(): Promise<IteratorResult<T, TReturn>>;

  abstract return(): Promise<IteratorResult<T, TReturn>>;

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
