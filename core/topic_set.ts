import { mapKey } from "./map_key.ts";

/** Topics that peers choose, in order: see {@linkcode mapKey}. */
export class TopicSet implements ReadonlySet<string> {
  readonly #topics = new Map<string | number, string>();

  constructor(topics: Iterable<string> = []) {
    for (const topic of topics) this.add(topic);
  }

  get size(): number {
    return this.#topics.size;
  }

  has(topic: string): boolean {
    return this.#topics.has(mapKey(topic));
  }

  /** Adds a topic. Returns whether it was not there before. */
  add(topic: string): boolean {
    const { size } = this.#topics;
    this.#topics.set(mapKey(topic), topic);
    return this.#topics.size > size;
  }

  delete(topic: string): boolean {
    return this.#topics.delete(mapKey(topic));
  }

  clear(): void {
    this.#topics.clear();
  }

  values(): SetIterator<string> {
    return this.#topics.values();
  }

  keys(): SetIterator<string> {
    return this.values();
  }

  [Symbol.iterator](): SetIterator<string> {
    return this.values();
  }

  *entries(): SetIterator<[string, string]> {
    for (const topic of this.values()) yield [topic, topic];
  }

  forEach(callback: (value: string, key: string, set: ReadonlySet<string>) => void, self?: unknown): void {
    for (const topic of this.values()) callback.call(self, topic, topic, this);
  }

  union<T>(other: ReadonlySetLike<T>): Set<string | T> {
    return new Set<string>(this).union(other);
  }

  intersection<T>(other: ReadonlySetLike<T>): Set<string & T> {
    return new Set<string>(this).intersection(other);
  }

  difference<T>(other: ReadonlySetLike<T>): Set<string> {
    return new Set<string>(this).difference(other);
  }

  symmetricDifference<T>(other: ReadonlySetLike<T>): Set<string | T> {
    return new Set<string>(this).symmetricDifference(other);
  }

  isSubsetOf(other: ReadonlySetLike<unknown>): boolean {
    return new Set<string>(this).isSubsetOf(other);
  }

  isSupersetOf(other: ReadonlySetLike<unknown>): boolean {
    return new Set<string>(this).isSupersetOf(other);
  }

  isDisjointFrom(other: ReadonlySetLike<unknown>): boolean {
    return new Set<string>(this).isDisjointFrom(other);
  }
}
