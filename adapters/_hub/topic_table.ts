import { Entries } from "../../core/entries.ts";
import { mapKey } from "../../core/map_key.ts";
import { type HashedTopic, hashOf } from "./named_topic.ts";

/** Topics that peers choose, found by their names. They are in order, except those whose hash another one had. */
export class TopicTable<T extends HashedTopic> extends Entries<T> {
  /** The only topic. Most spokes have one, and a `Map` of one takes 200 bytes. */
  #only: T | undefined;
  /** Made for the second topic, with the first. */
  #several: HashedTopics<T> | undefined;

  get size(): number {
    return this.#several?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get names(): string[] {
    return Array.from(this, ({ name }) => name);
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  find(name: string): T | undefined {
    return this.#several === undefined ? this.#ifOnly(name) : this.#several.get(name, hashOf(name));
  }

  /** Finds a topic that was hashed before. */
  get({ name, hash }: HashedTopic): T | undefined {
    return this.#several === undefined ? this.#ifOnly(name) : this.#several.get(name, hash);
  }

  /** Adds a topic that is not there. */
  add(topic: T): void {
    const only = this.#only;
    if (this.#several !== undefined) this.#several.add(topic);
    else if (only === undefined) this.#only = topic;
    else {
      this.#only = undefined;
      this.#several = new HashedTopics();
      this.#several.add(only);
      this.#several.add(topic);
    }
  }

  /** Removes a topic that is there. */
  remove(topic: T): void {
    if (this.#several === undefined) this.#only = undefined;
    else this.#several.remove(topic);
  }

  clear(): void {
    this.#only = this.#several = undefined;
  }

  override entries(): IterableIterator<T> {
    return this.#several?.values() ?? this.#all();
  }

  *#all(): IterableIterator<T> {
    const only = this.#only;
    if (only !== undefined) yield only;
    for (const topic of this.#several?.values() ?? []) if (topic !== only) yield topic;
  }

  #ifOnly(name: string): T | undefined {
    return this.#only?.name === name ? this.#only : undefined;
  }
}

/**
 * Topics by hashes of their own. In V8 15, the first look-up of a string in a `Map` puts it into the table of all strings,
 * which takes ten times as long as the rest.
 */
class HashedTopics<T extends HashedTopic> {
  readonly #topics = new Map<number, T>();
  /** The topics whose hash another one had. */
  #others: Map<string | number, T> | undefined;
  /** The hash that was looked up last and that no topic has. */
  #free: number | undefined;

  get size(): number {
    return this.#topics.size + (this.#others?.size ?? 0);
  }

  get(name: string, hash: number): T | undefined {
    const topic = this.#topics.get(hash);
    if (topic === undefined) this.#free = hash;
    return topic?.name === name ? topic : this.#others?.get(mapKey(name));
  }

  add(topic: T): void {
    const { name, hash } = topic;
    // Mostly it has just been looked up.
    if (hash !== this.#free && this.#topics.has(hash)) (this.#others ??= new Map()).set(mapKey(name), topic);
    else this.#topics.set(hash, topic);
    this.#free = undefined;
  }

  remove({ name, hash }: T): void {
    // Without others, a hash stands for one topic.
    if (this.#others?.delete(mapKey(name)) !== true) this.#topics.delete(hash);
  }

  values(): IterableIterator<T> {
    return this.#others === undefined ? this.#topics.values() : this.#all(this.#others);
  }

  *#all(others: ReadonlyMap<unknown, T>): IterableIterator<T> {
    yield* this.#topics.values();
    yield* others.values();
  }
}
