import { showOnConsole } from "../../core/console.ts";
import { printable } from "../../core/describe.ts";
import type { HashedTopic } from "./named_topic.ts";
import type { TopicTable } from "./topic_table.ts";

/** The topics of a spoke as a `Set`, for programs. It is live, and what it holds is in the table. */
export type SpokeTopics = ReadonlySet<string>;

// The result of a call that bundlers leave out: a page that uses no hub would keep a class that extends `Set`.
export const SpokeTopics: new (table: TopicTable<HashedTopic>) => SpokeTopics =
  /* @__PURE__ */ defineSpokeTopics();

function defineSpokeTopics(): new (table: TopicTable<HashedTopic>) => SpokeTopics {
  class SpokeTopics extends Set<string> {
    readonly #table: TopicTable<HashedTopic>;

    constructor(table: TopicTable<HashedTopic>) {
      super();
      this.#table = table;
    }

    override get size(): number {
      return this.#table.size;
    }

    override has(name: string): boolean {
      return this.#table.has(name);
    }

    override *values(): SetIterator<string> {
      for (const { name } of this.#table) yield name;
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

    override union<T>(other: ReadonlySetLike<T>): Set<string | T> {
      return new Set(this).union(other);
    }

    override intersection<T>(other: ReadonlySetLike<T>): Set<string & T> {
      return new Set(this).intersection(other);
    }

    override difference<T>(other: ReadonlySetLike<T>): Set<string> {
      return new Set(this).difference(other);
    }

    override symmetricDifference<T>(other: ReadonlySetLike<T>): Set<string | T> {
      return new Set(this).symmetricDifference(other);
    }

    override isSubsetOf(other: ReadonlySetLike<unknown>): boolean {
      return new Set(this).isSubsetOf(other);
    }

    override isSupersetOf(other: ReadonlySetLike<unknown>): boolean {
      return new Set(this).isSupersetOf(other);
    }

    override isDisjointFrom(other: ReadonlySetLike<unknown>): boolean {
      return new Set(this).isDisjointFrom(other);
    }
  }
  // A peer has chosen them.
  const shown = (topics: Iterable<string>): Set<string> =>
    new Set(Array.from(topics, (topic) => printable(topic)));
  showOnConsole(SpokeTopics, (topics) => ["SpokeTopics", shown(topics)]);
  return SpokeTopics;
}
