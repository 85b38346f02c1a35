import { Entries } from "./entries.ts";
import { mapKey } from "./map_key.ts";

/** Topics that peers choose, in order: see {@linkcode mapKey}. */
export class TopicSet extends Entries<string> {
  readonly #topics = new Map<string | number, string>();

  constructor(topics: Iterable<string> = []) {
    super();
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

  override entries(): IterableIterator<string> {
    return this.#topics.values();
  }
}
