import { EVERY_TOPIC, type Topic } from "./topic.ts";

/** What a {@linkcode TopicIndex} holds for one event type. */
export interface TypeNode<T> {
  /** The value of the bare type, which stands for every id. */
  bare: T | undefined;
  /** The values of the type's topics, by id. */
  readonly ids: Map<string, T>;
}

/**
 * Values by topic, in two levels: the event type, then the id. An event is looked up without building the string of
 * its topic, and what it costs does not grow with the number of topics.
 *
 * Local listeners and the subscribers of a hub are both kept in one.
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

  /** How many topics have a value. */
  get size(): number {
    return this.#size;
  }

  /**
   * What is held for a type.
   *
   * @param type The event type.
   * @returns Its node, to be read only.
   */
  node(type: string): TypeNode<T> | undefined {
    // Events of one type come in rows, and comparing with the last one costs a fraction of a look-up.
    if (type === this.#lastType) return this.#lastNode;
    this.#forgetLast();
    this.#lastType = type;
    return this.#lastNode = this.#types.get(type);
  }

  /**
   * The value of a topic, on the path of every event.
   *
   * @param type The event type.
   * @param id The id.
   * @returns Its value.
   */
  find(type: string, id: string): T | undefined {
    if (type !== this.#lastType || id !== this.#lastId) {
      this.#lastValue = this.node(type)?.ids.get(id);
      this.#lastId = id;
    }
    return this.#lastValue;
  }

  /**
   * The value of exactly one topic.
   *
   * @param topic The topic, the bare type or `*`.
   * @returns Its value.
   */
  get({ type, id }: Topic): T | undefined {
    if (id !== undefined) return this.#types.get(type)?.ids.get(id);
    return type === EVERY_TOPIC ? this.every : this.#types.get(type)?.bare;
  }

  /**
   * Gives a topic its value.
   *
   * @param topic The topic, the bare type or `*`.
   * @param value The value.
   */
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

  /**
   * Forgets a topic, and its type with the last one.
   *
   * @param topic The topic, the bare type or `*`.
   * @returns Whether it had a value.
   */
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

  /** Forgets every topic. */
  clear(): void {
    this.every = undefined;
    this.#types.clear();
    this.#forgetLast();
    this.#size = 0;
  }

  /**
   * Every value, in no order that means anything.
   *
   * @returns An iterator over a live view.
   */
  *values(): IterableIterator<T> {
    if (this.every !== undefined) yield this.every;
    for (const { bare, ids } of this.#types.values()) {
      if (bare !== undefined) yield bare;
      yield* ids.values();
    }
  }

  /** What it was must not be kept alive by having been looked up last. */
  #forgetLast(): void {
    this.#lastType =
      this.#lastNode =
      this.#lastId =
      this.#lastValue =
        undefined;
  }
}
