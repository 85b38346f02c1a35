/**
 * A collection that is iterated by its entries. A class of its own, since `deno pack` keeps a class that names a member by a
 * symbol in every page, whether or not the page uses it.
 */
export abstract class Entries<T> implements Iterable<T> {
  /** What the collection holds, in order. The iterator is live. */
  abstract entries(): IterableIterator<T>;

  [Symbol.iterator](): IterableIterator<T> {
    return this.entries();
  }
}
