import { diagnose, isDiagnosed } from "../../../core/diagnostics.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicIndex } from "../../../core/topic_index.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { HashedTopic } from "../named_topic.ts";
import type { Spoke } from "../spoke.ts";
import { TopicTable } from "../topic_table.ts";

/** Whether a spoke is subscribed to an event's topic, its bare type or `*`. */
export function isSubscribed({ subscribed }: Pick<Spoke, "subscribed">, envelope: EventEnvelope): boolean {
  return subscribed.has(EVERY_TOPIC) || subscribed.has(envelope.type) ||
    subscribed.has(topicOfEnvelope(envelope));
}

/** The spokes that are subscribed to one topic. For each of them it stands for the topic. */
class SpokeSet implements HashedTopic {
  readonly name: string;
  readonly hash: number;
  /** Its place among the topics that are not in the index; -1 if it is there. */
  freshAt = -1;
  /** The only spoke. Most topics have one, and a `Set` of one takes three times the memory. */
  #only: Spoke | undefined;
  /** Made for the second spoke. */
  #all: Set<Spoke> | undefined;
  #list: readonly Spoke[] | undefined;

  constructor({ name, hash }: HashedTopic) {
    this.name = name;
    this.hash = hash;
  }

  /** Its parts, of which each takes as much memory as a name. */
  get topic(): Topic {
    return splitTopic(this.name);
  }

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1);
  }

  /** The same list as long as the spokes stay the same. */
  get list(): readonly Spoke[] {
    return this.#list ??= [...this.#all ?? (this.#only === undefined ? [] : [this.#only])];
  }

  has(spoke: Spoke): boolean {
    return this.#all?.has(spoke) ?? spoke === this.#only;
  }

  add(spoke: Spoke): void {
    if (this.#all === undefined && this.#only === undefined) this.#only = spoke;
    else (this.#all ??= new Set(this.list)).add(spoke);
    this.#list = undefined;
  }

  delete(spoke: Spoke): void {
    if (!this.has(spoke)) return;
    this.#all?.delete(spoke);
    this.#only = undefined;
    this.#list = undefined;
  }
}

/** Apart, so that a subscription makes no closure while nobody listens. */
function tell(target: Spoke, { name: topic }: HashedTopic, active: boolean): void {
  diagnose(() => ({ kind: "subscription", target, topic, active }));
}

const NONE = /* @__PURE__ */ new SpokeSet({ name: "", hash: 0 });

/** The spokes of a hub, by the topics that they are subscribed to. */
export class Subscribers {
  readonly #topics = new TopicTable<SpokeSet>();
  /** For events, whose names are not built. Read as completed: many topics are given back before any event. */
  readonly #index = new TopicIndex<SpokeSet>();
  #fresh: SpokeSet[] = [];
  /** Consecutive events often have the same topic: the spokes of several sets, until a subscription changes. */
  #lastType: string | undefined;
  #lastId: string | undefined;
  #lastMatching: readonly Spoke[] = [];

  /** The number of topics that have a subscriber. */
  get size(): number {
    return this.#topics.size;
  }

  /** Subscribes a spoke, unless it is subscribed already. Returns whether it is the topic's first subscriber. */
  add(spoke: Spoke, topic: HashedTopic): boolean {
    const known = this.#topics.get(topic);
    if (known?.has(spoke)) return false;
    const spokes = known ?? this.#begin(topic);
    spokes.add(spoke);
    spoke.subscribed.add(spokes);
    this.#onChange(spoke, spokes, true);
    return known === undefined;
  }

  /** Ends a subscription, if there is one. Returns its topic, and whether the spoke was the last subscriber. */
  delete(spoke: Spoke, name: string): { readonly topic: HashedTopic; readonly wasLast: boolean } | undefined {
    const topic = spoke.subscribed.find(name);
    if (!(topic instanceof SpokeSet)) return undefined;
    spoke.subscribed.remove(topic);
    topic.delete(spoke);
    const wasLast = topic.size === 0;
    if (wasLast) this.#end(topic);
    this.#onChange(spoke, topic, false);
    return { topic, wasLast };
  }

  /** The spokes that are subscribed to exactly this topic, bare type or `*`. */
  of(topic: Topic): Readonly<SpokeSet> | undefined {
    return this.#completed.get(topic);
  }

  /** The spokes that are subscribed to a bare type. */
  ofBare(type: string): Readonly<SpokeSet> | undefined {
    return this.#completed.bare(type);
  }

  /** The spokes that are subscribed to `*`. */
  get ofEvery(): Readonly<SpokeSet> | undefined {
    return this.#completed.every;
  }

  /**
   * The spokes that are subscribed to an event's topic, its bare type or `*`: each one once, in a list that stays the same
   * for consecutive events as long as these spokes do.
   */
  matching({ type, id }: EventEnvelope): readonly Spoke[] {
    const index = this.#completed;
    const ofTopic = index.find(type, id) ?? NONE;
    const ofType = index.bare(type) ?? NONE;
    const ofEvery = index.every ?? NONE;
    if (ofType.size + ofEvery.size === 0) return ofTopic.list;
    if (ofTopic.size + ofEvery.size === 0) return ofType.list;
    if (ofTopic.size + ofType.size === 0) return ofEvery.list;
    if (type !== this.#lastType || id !== this.#lastId) {
      this.#lastType = type;
      this.#lastId = id;
      this.#lastMatching = [...new Set([...ofTopic.list, ...ofType.list, ...ofEvery.list])];
    }
    return this.#lastMatching;
  }

  /** The index with every topic in it. */
  get #completed(): TopicIndex<SpokeSet> {
    if (this.#fresh.length > 0) this.#complete();
    return this.#index;
  }

  #begin(topic: HashedTopic): SpokeSet {
    const spokes = new SpokeSet(topic);
    this.#topics.add(spokes);
    spokes.freshAt = this.#fresh.push(spokes) - 1;
    return spokes;
  }

  #end(spokes: SpokeSet): void {
    this.#topics.remove(spokes);
    const at = spokes.freshAt;
    if (at < 0) return void this.#index.delete(spokes.topic);
    const last = this.#fresh.pop();
    if (last === undefined || last === spokes) return;
    // In its place.
    this.#fresh[at] = last;
    last.freshAt = at;
  }

  #complete(): void {
    for (const spokes of this.#fresh) {
      this.#index.set(spokes.topic, spokes);
      spokes.freshAt = -1;
    }
    this.#fresh = [];
  }

  #onChange(spoke: Spoke, topic: HashedTopic, active: boolean): void {
    if (this.#lastType !== undefined) {
      this.#lastType = this.#lastId = undefined;
      this.#lastMatching = [];
    }
    if (isDiagnosed()) tell(spoke, topic, active);
  }
}
