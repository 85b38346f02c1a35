import { EVERY_TOPIC, type Topic } from "./topic.ts";

/** The values of one event type in a {@linkcode TopicIndex}. */
export interface TypeNode<T> {
  /** The value of the bare type. */
  bare: T | undefined;
  /** The values of the topics with an id. */
  readonly ids: Map<string, T>;
}

/**
 * Values by topic, in two levels: the event type, then the id. A look-up builds no string, and its cost does not depend on
 * the number of topics. It holds local listeners, and the subscribers of a hub.
 */
export class TopicIndex<T> {
  /** The value of `*`. */
  every: T | undefined;
  readonly #types = new Map<string, TypeNode<T>>();
  #size = 0;
  #lastType: string | undefined;
  #lastNode: TypeNode<T> | undefined;
  #lastId: string | undefined;
  #lastValue: T | undefined;

  /** The number of topics that have a value. */
  get size(): number {
    return this.#size;
  }

  /** The values of a type, to be read only. */
  node(type: string): TypeNode<T> | undefined {
    // Events come in runs of one type, and comparing with the last one costs a fraction of a look-up.
    if (type === this.#lastType) return this.#lastNode;
    this.#forgetLast();
    this.#lastType = type;
    return this.#lastNode = this.#types.get(type);
  }

  /** The value of a topic with an id. Every event takes this path, so it remembers the last topic. */
  find(type: string, id: string): T | undefined {
    if (type !== this.#lastType || id !== this.#lastId) {
      this.#lastValue = this.node(type)?.ids.get(id);
      this.#lastId = id;
    }
    return this.#lastValue;
  }

  /** The value of exactly one topic, bare type or `*`. */
  get({ type, id }: Topic): T | undefined {
    if (id !== undefined) return this.#types.get(type)?.ids.get(id);
    return type === EVERY_TOPIC ? this.every : this.#types.get(type)?.bare;
  }

  set({ type, id }: Topic, value: T): void {
    if (type === EVERY_TOPIC && id === undefined) {
      if (this.every === undefined) this.#size++;
      this.every = value;
      return;
    }
    let node = this.#types.get(type);
    if (node === undefined) {
      this.#types.set(type, node = { bare: undefined, ids: new Map() });
      this.#forgetLast();
    }
    if (id === undefined) {
      if (node.bare === undefined) this.#size++;
      node.bare = value;
      return;
    }
    this.#forgetLast();
    const before = node.ids.size;
    node.ids.set(id, value);
    this.#size += node.ids.size - before;
  }

  /** Removes the value of a topic, and returns whether it had one. */
  delete({ type, id }: Topic): boolean {
    const node = this.#types.get(type);
    let had: boolean;
    this.#forgetLast();
    if (id !== undefined) {
      had = node?.ids.delete(id) ?? false;
    } else if (type === EVERY_TOPIC) {
      had = this.every !== undefined;
      this.every = undefined;
    } else {
      had = node?.bare !== undefined;
      if (node !== undefined) node.bare = undefined;
    }
    if (had) this.#size--;
    if (node !== undefined && node.bare === undefined && node.ids.size === 0) this.#types.delete(type);
    return had;
  }

  clear(): void {
    this.every = undefined;
    this.#types.clear();
    this.#forgetLast();
    this.#size = 0;
  }

  /** All values, in no particular order. The iterator is live. */
  *values(): IterableIterator<T> {
    if (this.every !== undefined) yield this.every;
    for (const { bare, ids } of this.#types.values()) {
      if (bare !== undefined) yield bare;
      yield* ids.values();
    }
  }

  /** A removed value must not be kept alive by having been looked up last. */
  #forgetLast(): void {
    this.#lastType =
      this.#lastNode =
      this.#lastId =
      this.#lastValue =
        undefined;
  }
}
