import type { PubSubEventTarget } from "@alkdev/pubsub";

/** The most topics that are counted: peers choose them. */
const MAX_TOPICS = 20_000;

/** The events of one topic so far. */
interface Count {
  events: number;
  stop(): void;
}

/**
 * Counts the events of the topics that spokes are subscribed to, while a page is open. The hub listens to the same topics,
 * so that no further event comes over the bus.
 */
export class TopicCounts {
  readonly #bus: PubSubEventTarget;
  readonly #counts = new Map<string, Count>();

  constructor(bus: PubSubEventTarget) {
    this.#bus = bus;
  }

  /** Counts these topics from now on, and no others. */
  follow(topics: ReadonlyMap<string, number>): void {
    for (const [topic, count] of this.#counts) {
      if (topics.has(topic)) continue;
      count.stop();
      this.#counts.delete(topic);
    }
    for (const topic of topics.keys()) {
      if (this.#counts.size >= MAX_TOPICS) return;
      if (!this.#counts.has(topic)) this.#counts.set(topic, this.#start(topic));
    }
  }

  /** The events of a topic since it is counted. */
  of(topic: string): number {
    return this.#counts.get(topic)?.events ?? 0;
  }

  stop(): void {
    this.follow(new Map());
  }

  #start(topic: string): Count {
    const [type, id] = splitTopic(topic);
    const onEvent = (): void => void count.events++;
    const count: Count = { events: 0, stop: this.#bus.listen(type, id, { onEvent }) };
    return count;
  }
}

/** The type of a topic, and its id unless it is a bare type or `*`. */
export function splitTopic(topic: string): [type: string, id: string | undefined] {
  const at = topic.indexOf(":");
  return at < 0 ? [topic, undefined] : [topic.slice(0, at), topic.slice(at + 1)];
}
