import { mapKey } from "./map_key.ts";
import { EVERY_TOPIC, type Topic } from "./topic.ts";

/** The key of an id, which a bare type lacks. */
type Key = string | number | undefined;

/**
 * Values by topic, in two levels: the event type, then the id, which a bare type lacks. A look-up builds no string, and its
 * cost does not depend on the number of topics. It holds local listeners, and the subscribers of a hub.
 */
export class TopicIndex<T> {
  /** The value of `*`. */
  every: T | undefined;
  /** Made for the first value, since most spokes of a hub never have a listener. */
  #types: Map<Key, Map<Key, T>> | undefined;
  #size = 0;
  #lastType: string | undefined;
  #lastNode: Map<Key, T> | undefined;
  #lastBare: T | undefined;
  #lastId: string | undefined;
  #lastValue: T | undefined;

  /** The number of topics that have a value. */
  get size(): number {
    return this.#size;
  }

  /** The value of a bare type. For `*`, it is {@linkcode every} instead. */
  bare(type: string): T | undefined {
    this.#look(type);
    return this.#lastBare;
  }

  /** The value of a topic with an id. Every event takes this path, so it remembers the last topic. */
  find(type: string, id: string): T | undefined {
    if (type !== this.#lastType || id !== this.#lastId) {
      this.#look(type);
      this.#lastValue = this.#lastNode?.get(mapKey(id));
      this.#lastId = id;
    }
    return this.#lastValue;
  }

  /** The value of exactly one topic, bare type or `*`. */
  get({ type, id }: Topic): T | undefined {
    return this.#types?.get(mapKey(type))?.get(keyOf(id));
  }

  set({ type, id }: Topic, value: T): void {
    const key = mapKey(type);
    const types = this.#types ??= new Map();
    let node = types.get(key);
    if (node === undefined) types.set(key, node = new Map());
    const before = node.size;
    node.set(keyOf(id), value);
    this.#size += node.size - before;
    if (type === EVERY_TOPIC && id === undefined) this.every = value;
    this.#forgetLast();
  }

  /** Removes the value of a topic, and returns whether it had one. */
  delete({ type, id }: Topic): boolean {
    const key = mapKey(type);
    const node = this.#types?.get(key);
    const had = node?.delete(keyOf(id)) ?? false;
    if (had) this.#size--;
    if (node?.size === 0) this.#types?.delete(key);
    if (type === EVERY_TOPIC && id === undefined) this.every = undefined;
    this.#forgetLast();
    return had;
  }

  clear(): void {
    this.#types = undefined;
    this.every = undefined;
    this.#size = 0;
    this.#forgetLast();
  }

  /** All values: that of `*` first, and that of a bare type before those of its topics. The iterator is live. */
  *values(): IterableIterator<T> {
    if (this.every !== undefined) yield this.every;
    for (const [type, node] of this.#types ?? []) {
      const bare = type === EVERY_TOPIC ? undefined : node.get(undefined);
      if (bare !== undefined) yield bare;
      for (const [id, value] of node) if (id !== undefined) yield value;
    }
  }

  /** Finds the values of a type. Events come in runs of one type, and comparing costs a fraction of a look-up. */
  #look(type: string): void {
    if (type === this.#lastType) return;
    this.#lastType = type;
    this.#lastId = undefined;
    this.#lastNode = this.#types?.get(mapKey(type));
    this.#lastBare = type === EVERY_TOPIC ? undefined : this.#lastNode?.get(undefined);
  }

  /** A removed value must not be kept alive by having been looked up last. */
  #forgetLast(): void {
    this.#lastType =
      this.#lastNode =
      this.#lastBare =
      this.#lastId =
      this.#lastValue =
        undefined;
  }
}

function keyOf(id: string | undefined): Key {
  return id === undefined ? undefined : mapKey(id);
}
