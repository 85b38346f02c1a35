import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicIndex } from "../../../core/topic_index.ts";
import type { EventEnvelope } from "../../../core/types.ts";

/** Who can be subscribed. */
export interface Subscriber {
  /** What it is subscribed to. */
  readonly topics: Set<string>;
}

/**
 * Whether a spoke is subscribed to an event's topic, its bare type or `*`.
 *
 * @param spoke The spoke.
 * @param envelope The event.
 * @returns Whether it is.
 */
export function isSubscribed({ topics }: Subscriber, envelope: EventEnvelope): boolean {
  return topics.has(EVERY_TOPIC) || topics.has(envelope.type) || topics.has(topicOfEnvelope(envelope));
}

const NONE: ReadonlySet<never> = new Set();

/** Which spokes of a hub are subscribed to which topics. */
export class Subscribers<TSpoke extends Subscriber> {
  readonly #index = new TopicIndex<Set<TSpoke>>();
  /** Events come in rows of the same topic: whom the last one concerned, until somebody comes or goes. */
  #lastType: string | undefined;
  #lastId: string | undefined;
  #lastConcerned: readonly TSpoke[] = [];

  /** How many topics have a subscriber. */
  get size(): number {
    return this.#index.size;
  }

  /**
   * Subscribes a spoke; a second time changes nothing.
   *
   * @param spoke The spoke.
   * @param name The topic, the bare type or `*`.
   * @returns Whether it is the topic's first subscriber.
   */
  add(spoke: TSpoke, name: string): boolean {
    if (spoke.topics.has(name)) return false;
    spoke.topics.add(name);
    this.#forgetLast();
    const topic = splitTopic(name);
    const spokes = this.#index.get(topic);
    if (spokes === undefined) this.#index.set(topic, new Set([spoke]));
    else spokes.add(spoke);
    return spokes === undefined;
  }

  /**
   * Ends a subscription of a spoke, if there is one.
   *
   * @param spoke The spoke.
   * @param name The topic, the bare type or `*`.
   * @returns Whether it was the topic's last subscriber.
   */
  delete(spoke: TSpoke, name: string): boolean {
    if (!spoke.topics.delete(name)) return false;
    this.#forgetLast();
    const topic = splitTopic(name);
    const spokes = this.#index.get(topic);
    spokes?.delete(spoke);
    return spokes?.size === 0 && this.#index.delete(topic);
  }

  /**
   * Ends every subscription of a spoke.
   *
   * @param spoke The spoke.
   */
  deleteAll(spoke: TSpoke): void {
    for (const name of [...spoke.topics]) this.delete(spoke, name);
  }

  /**
   * The spokes that are subscribed to exactly one topic.
   *
   * @param topic The topic, the bare type or `*`.
   * @returns Them, to be read only, or `undefined` if there are none.
   */
  of(topic: Topic): ReadonlySet<TSpoke> | undefined {
    return this.#index.get(topic);
  }

  /**
   * The spokes that are subscribed to an event's topic, its bare type or `*`.
   *
   * @param envelope The event.
   * @returns Each of them once, as they are now; later changes make another array.
   */
  concerned({ type, id }: EventEnvelope): readonly TSpoke[] {
    if (type === this.#lastType && id === this.#lastId) return this.#lastConcerned;
    const ofTopic = this.#index.find(type, id) ?? NONE;
    const ofType = this.#index.node(type)?.bare ?? NONE;
    const ofEvery = this.#index.every ?? NONE;
    const isOneSet = ofType.size + ofEvery.size === 0;
    this.#lastType = type;
    this.#lastId = id;
    return this.#lastConcerned = isOneSet ? [...ofTopic] : [...new Set([...ofTopic, ...ofType, ...ofEvery])];
  }

  #forgetLast(): void {
    this.#lastType = this.#lastId = undefined;
    this.#lastConcerned = [];
  }
}
