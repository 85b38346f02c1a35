import { showOnConsole } from "../../core/console.ts";
import { printable } from "../../core/describe.ts";
import { hashOf, NamedTopic } from "./named_topic.ts";
import { TopicTable } from "./topic_table.ts";

/** The topics of a spoke: a `Set` that programs can read. What it holds is in a {@linkcode TopicTable}. */
export interface SpokeTopics extends Set<string> {
  /** Finds a topic by its name. */
  find(name: string): NamedTopic | undefined;
  /** Adds a topic that is not there. */
  addTopic(topic: NamedTopic): void;
  /** Removes a topic that is there. */
  removeTopic(topic: NamedTopic): void;
}

// The result of a call that bundlers leave out: a page that uses no hub would keep a class that extends `Set`.
export const SpokeTopics: new () => SpokeTopics = /* @__PURE__ */ defineSpokeTopics();

function defineSpokeTopics(): new () => SpokeTopics {
  class SpokeTopics extends Set<string> {
    /** Made for the first topic. */
    #topics: TopicTable<NamedTopic> | undefined;

    override get size(): number {
      return this.#topics?.size ?? 0;
    }

    find(name: string): NamedTopic | undefined {
      return this.#topics?.get({ name, hash: hashOf(name) });
    }

    addTopic(topic: NamedTopic): void {
      (this.#topics ??= new TopicTable()).add(topic);
    }

    removeTopic(topic: NamedTopic): void {
      this.#topics?.remove(topic);
    }

    override has(name: string): boolean {
      return this.find(name) !== undefined;
    }

    override add(name: string): this {
      if (!this.has(name)) this.addTopic(new NamedTopic(name));
      return this;
    }

    override delete(name: string): boolean {
      const topic = this.find(name);
      if (topic !== undefined) this.removeTopic(topic);
      return topic !== undefined;
    }

    override clear(): void {
      this.#topics = undefined;
    }

    override *values(): SetIterator<string> {
      for (const { name } of this.#topics ?? []) yield name;
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
  const shown = (topics: SpokeTopics): Set<string> =>
    new Set(Array.from(topics, (topic) => printable(topic)));
  showOnConsole(SpokeTopics, (topics) => ["SpokeTopics", shown(topics)]);
  return SpokeTopics;
}
