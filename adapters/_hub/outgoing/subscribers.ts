import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicIndex } from "../../../core/topic_index.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Spoke } from "../spoke.ts";

/** Whether a spoke is subscribed to an event's topic, its bare type or `*`. */
export function isSubscribed({ topics }: Pick<Spoke, "topics">, envelope: EventEnvelope): boolean {
  return topics.has(EVERY_TOPIC) || topics.has(envelope.type) || topics.has(topicOfEnvelope(envelope));
}

const NONE: ReadonlySet<never> = new Set();

/** The spokes of a hub, by the topics that they are subscribed to. */
export class Subscribers {
  readonly #index = new TopicIndex<Set<Spoke>>();
  /** Consecutive events often have the same topic: its spokes, until a subscription changes. */
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
    const spokes = this.#index.get(topic);
    if (spokes === undefined) this.#index.set(topic, new Set([spoke]));
    else spokes.add(spoke);
    return spokes === undefined;
  }

  /** Ends a subscription, if there is one. Returns whether the spoke was the topic's last subscriber. */
  delete(spoke: Spoke, name: string): boolean {
    if (!spoke.topics.delete(name)) return false;
    this.#forgetLast();
    const topic = splitTopic(name);
    const spokes = this.#index.get(topic);
    spokes?.delete(spoke);
    return spokes?.size === 0 && this.#index.delete(topic);
  }

  /** The spokes that are subscribed to exactly this topic, bare type or `*`. */
  of(topic: Topic): ReadonlySet<Spoke> | undefined {
    return this.#index.get(topic);
  }

  /** The spokes that are subscribed to an event's topic, its bare type or `*`: each one once, in a list that stays. */
  matching({ type, id }: EventEnvelope): readonly Spoke[] {
    if (type === this.#lastType && id === this.#lastId) return this.#lastMatching;
    const ofTopic = this.#index.find(type, id) ?? NONE;
    const ofType = this.#index.bare(type) ?? NONE;
    const ofEvery = this.#index.every ?? NONE;
    const isOneSet = ofType.size + ofEvery.size === 0;
    this.#lastType = type;
    this.#lastId = id;
    return this.#lastMatching = isOneSet ? [...ofTopic] : [...new Set([...ofTopic, ...ofType, ...ofEvery])];
  }

  #forgetLast(): void {
    this.#lastType = this.#lastId = undefined;
    this.#lastMatching = [];
  }
}
