import { Entries } from "../../core/entries.ts";
import { mapKey } from "../../core/map_key.ts";
import type { NamedTopic } from "./named_topic.ts";

type Hashed = Pick<NamedTopic, "name" | "hash">;

/**
 * Topics that peers choose, in order, found by hashes of their own. In V8 15, the first look-up of a string in a `Map` puts
 * it into the table of all strings, which takes ten times as long as the rest.
 */
export class TopicTable<T extends Hashed> extends Entries<T> {
  /** The only topic. Most spokes have one, and a `Map` of one takes 200 bytes. */
  #only: T | undefined;
  /** Made for the second topic, with the first. */
  #topics: Map<number, T> | undefined;
  /** The topics whose hash another one had. */
  #others: Map<string | number, T> | undefined;
  /** The hash that was looked up last and that no topic has. */
  #free: number | undefined;

  get size(): number {
    if (this.#topics === undefined) return this.#only === undefined ? 0 : 1;
    return this.#topics.size + (this.#others?.size ?? 0);
  }

  get({ name, hash }: Hashed): T | undefined {
    if (this.#topics === undefined) return this.#only?.name === name ? this.#only : undefined;
    const topic = this.#topics.get(hash);
    if (topic === undefined) this.#free = hash;
    return topic?.name === name ? topic : this.#others?.get(mapKey(name));
  }

  /** Adds a topic that is not there. */
  add(topic: T): void {
    if (this.#topics === undefined) {
      const only = this.#only;
      this.#only = only === undefined ? topic : undefined;
      if (only === undefined) return;
      this.#topics = new Map([[only.hash, only]]);
    }
    const { name, hash } = topic;
    // Mostly it has just been looked up.
    if (hash !== this.#free && this.#topics.has(hash)) (this.#others ??= new Map()).set(mapKey(name), topic);
    else this.#topics.set(hash, topic);
    this.#free = undefined;
  }

  /** Removes a topic that is there. */
  remove({ name, hash }: T): void {
    if (this.#topics === undefined) this.#only = undefined;
    // Without others, a hash stands for one topic.
    else if (this.#others?.delete(mapKey(name)) !== true) this.#topics.delete(hash);
  }

  clear(): void {
    this.#only = this.#topics = undefined;
    this.#others = undefined;
    this.#free = undefined;
  }

  override entries(): IterableIterator<T> {
    return this.#topics === undefined || this.#others !== undefined ? this.#all() : this.#topics.values();
  }

  *#all(): IterableIterator<T> {
    const only = this.#only;
    if (only !== undefined) yield only;
    for (const topic of this.#topics?.values() ?? []) if (topic !== only) yield topic;
    yield* this.#others?.values() ?? [];
  }
}
