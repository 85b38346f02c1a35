import { mapKey } from "../../core/map_key.ts";
import { TopicSet } from "../../core/topic_set.ts";

/**
 * The topics of a spoke: a `Set` that programs can read. Those of digits alone are kept apart, since V8 hashes them
 * without a secret, and even a look-up in a small `Set` puts them into its table of all strings.
 */
export class SpokeTopics extends Set<string> {
  /** Made for the first topic of digits alone. */
  #digits: TopicSet | undefined;

  override get size(): number {
    return super.size + (this.#digits?.size ?? 0);
  }

  override has(topic: string): boolean {
    return isDigits(topic) ? this.#digits?.has(topic) === true : super.has(topic);
  }

  override add(topic: string): this {
    if (!isDigits(topic)) return super.add(topic);
    (this.#digits ??= new TopicSet()).add(topic);
    return this;
  }

  override delete(topic: string): boolean {
    return isDigits(topic) ? this.#digits?.delete(topic) === true : super.delete(topic);
  }

  override clear(): void {
    super.clear();
    this.#digits = undefined;
  }

  override *values(): SetIterator<string> {
    yield* super.values();
    yield* this.#digits ?? [];
  }

  override keys(): SetIterator<string> {
    return this.values();
  }

  override [Symbol.iterator](): SetIterator<string> {
    return this.values();
  }

  override *entries(): SetIterator<[string, string]> {
    for (const topic of this.values()) yield [topic, topic];
  }

  override forEach(callback: (value: string, key: string, set: Set<string>) => void, self?: unknown): void {
    for (const topic of this.values()) callback.call(self, topic, topic, this);
  }
}

function isDigits(topic: string): boolean {
  return typeof mapKey(topic) === "number";
}
