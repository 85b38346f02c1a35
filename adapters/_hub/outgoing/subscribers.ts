import { diagnose } from "../../../core/diagnostics.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicIndex } from "../../../core/topic_index.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Spoke } from "../spoke.ts";

/** Whether a spoke is subscribed to an event's topic, its bare type or `*`. */
export function isSubscribed({ topics }: Pick<Spoke, "topics">, envelope: EventEnvelope): boolean {
  return topics.has(EVERY_TOPIC) || topics.has(envelope.type) || topics.has(topicOfEnvelope(envelope));
}

/** The spokes that are subscribed to one topic. */
class SpokeSet {
  /** The only spoke. Most topics have one, and a `Set` of one takes three times the memory. */
  #only: Spoke | undefined;
  /** Made for the second spoke. */
  #all: Set<Spoke> | undefined;
  #list: readonly Spoke[] | undefined;

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

const NONE = new SpokeSet();

/** The spokes of a hub, by the topics that they are subscribed to. */
export class Subscribers {
  readonly #index = new TopicIndex<SpokeSet>();
  /** Consecutive events often have the same topic: the spokes of several sets, until a subscription changes. */
  #lastType: string | undefined;
  #lastId: string | undefined;
  #lastMatching: readonly Spoke[] = [];

  /** The number of topics that have a subscriber. */
  get size(): number {
    return this.#index.size;
  }

  /** Subscribes a spoke, unless it is subscribed already. Returns whether it is the topic's first subscriber. */
  add(spoke: Spoke, name: string): boolean {
    if (spoke.topics.has(name)) return false;
    spoke.topics.add(name);
    this.#forgetLast();
    const topic = splitTopic(name);
    const known = this.#index.get(topic);
    const spokes = known ?? new SpokeSet();
    spokes.add(spoke);
    if (known === undefined) this.#index.set(topic, spokes);
    diagnose(() => ({ kind: "subscription", target: spoke, topic: name, active: true }));
    return known === undefined;
  }

  /** Ends a subscription, if there is one. Returns whether the spoke was the topic's last subscriber. */
  delete(spoke: Spoke, name: string): boolean {
    if (!spoke.topics.delete(name)) return false;
    this.#forgetLast();
    const topic = splitTopic(name);
    const spokes = this.#index.get(topic);
    spokes?.delete(spoke);
    const wasLast = spokes?.size === 0 && this.#index.delete(topic);
    diagnose(() => ({ kind: "subscription", target: spoke, topic: name, active: false }));
    return wasLast;
  }

  /** The spokes that are subscribed to exactly this topic, bare type or `*`. */
  of(topic: Topic): Readonly<SpokeSet> | undefined {
    return this.#index.get(topic);
  }

  /** The spokes that are subscribed to a bare type. */
  ofBare(type: string): Readonly<SpokeSet> | undefined {
    return this.#index.bare(type);
  }

  /** The spokes that are subscribed to `*`. */
  get ofEvery(): Readonly<SpokeSet> | undefined {
    return this.#index.every;
  }

  /**
   * The spokes that are subscribed to an event's topic, its bare type or `*`: each one once, in a list that stays the same
   * for consecutive events as long as these spokes do.
   */
  matching({ type, id }: EventEnvelope): readonly Spoke[] {
    const ofTopic = this.#index.find(type, id) ?? NONE;
    const ofType = this.#index.bare(type) ?? NONE;
    const ofEvery = this.#index.every ?? NONE;
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

  #forgetLast(): void {
    this.#lastType = this.#lastId = undefined;
    this.#lastMatching = [];
  }
}
