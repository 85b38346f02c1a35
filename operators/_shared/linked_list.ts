/** An item's place in a list. */
export interface Link<T> {
  readonly item: T;
  previous: Link<T> | undefined;
  next: Link<T> | undefined;
}

/**
 * Items in order, of which each can be taken out in constant time. A `Set` can not: finding its first item
 * means to pass all that were taken out before it.
 */
export class LinkedList<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;

  /** The oldest item, if there is one. */
  get first(): Link<T> | undefined {
    return this.#first;
  }

  /**
   * Puts an item last.
   *
   * @param item The item.
   * @returns Its place.
   */
  append(item: T): Link<T> {
    const link: Link<T> = { item, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    return link;
  }

  /**
   * Takes an item out.
   *
   * @param link Its place in this list.
   */
  remove({ previous, next }: Link<T>): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
  }
}
