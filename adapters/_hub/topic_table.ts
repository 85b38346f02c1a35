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

  get size(): number {
    return this.#topics.size + (this.#others?.size ?? 0);
  }

  get({ name, hash }: Hashed): T | undefined {
    const topic = this.#topics.get(hash);
    if (topic?.name === name) return topic;
    return this.#others?.get(mapKey(name));
  }

  /** Adds a topic that is not there. */
  add(topic: T): void {
    if (!this.#topics.has(topic.hash)) this.#topics.set(topic.hash, topic);
    else (this.#others ??= new Map()).set(mapKey(topic.name), topic);
  }

  delete({ name, hash }: Hashed): boolean {
    if (this.#topics.get(hash)?.name === name) return this.#topics.delete(hash);
    return this.#others?.delete(mapKey(name)) ?? false;
  }

  clear(): void {
    this.#topics.clear();
    this.#others = undefined;
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
