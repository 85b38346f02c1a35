import { mapKey } from "../../core/map_key.ts";
import type { NamedTopic } from "./named_topic.ts";

type Hashed = Pick<NamedTopic, "name" | "hash">;

/**
 * Topics that peers choose, in order, found by hashes of their own. In V8 15, the first look-up of a string in a `Map` puts
 * it into the table of all strings, which takes ten times as long as the rest.
 */
export class TopicTable<T extends Hashed> {
  readonly #topics = new Map<number, T>();
  /** The topics whose hash another one had. */
  #others: Map<string | number, T> | undefined;
  /** The hash that was looked up last and that no topic has. */
  #free: number | undefined;

  get size(): number {
    return this.#topics.size + (this.#others?.size ?? 0);
  }

  get({ name, hash }: Hashed): T | undefined {
    const topic = this.#topics.get(hash);
    if (topic === undefined) this.#free = hash;
    return topic?.name === name ? topic : this.#others?.get(mapKey(name));
  }

  /** Adds a topic that is not there. */
  add(topic: T): void {
    const { name, hash } = topic;
    // Mostly it has just been looked up.
    if (hash !== this.#free && this.#topics.has(hash)) (this.#others ??= new Map()).set(mapKey(name), topic);
    else this.#topics.set(hash, topic);
    this.#free = undefined;
  }

  /** Removes a topic that is there. */
  remove({ name, hash }: T): void {
    // Without others, a hash stands for one topic.
    if (this.#others?.delete(mapKey(name)) !== true) this.#topics.delete(hash);
  }

  clear(): void {
    this.#topics.clear();
    this.#others = undefined;
    this.#free = undefined;
  }

  /** The topics. The iterator is live. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#others === undefined ? this.#topics.values() : this.#all(this.#others);
  }

  *#all(others: Map<string | number, T>): IterableIterator<T> {
    yield* this.#topics.values();
    yield* others.values();
  }
}
