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

  /** Whether the bare type of the topic that was found last, or `*`, has a value. */
  get coversFound(): boolean {
    return this.#lastBare !== undefined || this.every !== undefined;
  }

  /** The value of a topic with an id. Every event takes this path, so it remembers the last topic. */
  find(type: string, id: string): T | undefined {
    // Compared here too: V8 inlines a look-up that each event calls, and then less of what calls this.
    if (type !== this.#lastType) this.#look(type);
    if (id !== this.#lastId) {
      this.#lastValue = this.#lastNode?.get(mapKey(id));
      this.#lastId = id;
    }
    return this.#lastValue;
  }

  /** The value of exactly one topic, bare type or `*`. */
  get({ type, id }: Topic): T | undefined {
    this.#look(type);
    return this.#lastNode?.get(keyOf(id));
  }

  set({ type, id }: Topic, value: T): void {
    this.#look(type);
    if (this.#lastNode === undefined) {
      this.#lastNode = new Map();
      (this.#types ??= new Map()).set(mapKey(type), this.#lastNode);
    }
    const before = this.#lastNode.size;
    this.#lastNode.set(keyOf(id), value);
    this.#size += this.#lastNode.size - before;
    this.#note(type, id, value);
  }

  /** Removes the value of a topic, and returns whether it had one. */
  delete({ type, id }: Topic): boolean {
    this.#look(type);
    const had = this.#lastNode?.delete(keyOf(id)) ?? false;
    if (had) this.#size--;
    if (this.#lastNode?.size === 0) {
      this.#types?.delete(mapKey(type));
      this.#lastNode = undefined;
    }
    this.#note(type, id, undefined);
    return had;
  }

  clear(): void {
    this.#types = undefined;
    this.#size = 0;
    this.#lastType = this.#lastNode = this.#lastBare = undefined;
    this.#note(EVERY_TOPIC, undefined, undefined);
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

  /** Notes the new value of a topic of the last type. A removed one must not be kept alive by having been looked up. */
  #note(type: string, id: string | undefined, value: T | undefined): void {
    this.#lastId = this.#lastValue = undefined;
    if (id !== undefined) return;
    if (type === EVERY_TOPIC) this.every = value;
    else this.#lastBare = value;
  }
}

function keyOf(id: string | undefined): Key {
  return id === undefined ? undefined : mapKey(id);
}
