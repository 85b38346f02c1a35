import { Entries } from "./entries.ts";
import { mapKey } from "./map_key.ts";

/** A {@linkcode TopicMap} to read. */
export type ReadonlyTopicMap<T> = Pick<TopicMap<T>, "size" | "get" | "has" | "keys" | typeof Symbol.iterator>;

/** Values by topic, in order, for topics that peers choose: see {@linkcode mapKey}. */
export class TopicMap<T> extends Entries<[topic: string, value: T]> {
  readonly #entries = new Map<string | number, [topic: string, value: T]>();

  constructor(entries: Iterable<readonly [topic: string, value: T]> = []) {
    super();
    for (const [topic, value] of entries) this.set(topic, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(topic: string): T | undefined {
    return this.#entries.get(mapKey(topic))?.[1];
  }

  has(topic: string): boolean {
    return this.#entries.has(mapKey(topic));
  }

  set(topic: string, value: T): void {
    this.#entries.set(mapKey(topic), [topic, value]);
  }

  delete(topic: string): boolean {
    return this.#entries.delete(mapKey(topic));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The topics. The iterator is live. */
  *keys(): IterableIterator<string> {
    for (const [topic] of this.#entries.values()) yield topic;
  }

  override entries(): IterableIterator<[topic: string, value: T]> {
    return this.#entries.values();
  }
}
