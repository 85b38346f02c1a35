import type { PubSubEventTarget } from "@alkdev/pubsub";

/** The most topics that are counted: a peer chooses them. */
const MAX_TOPICS = 20_000;

/** Counts the events of a bus by topic, while a page is open. */
export class TopicCounts {
  events = 0;
  readonly #byTopic = new Map<string, number>();
  readonly #byType = new Map<string, number>();
  readonly #stop: () => void;

  constructor(bus: PubSubEventTarget) {
    this.#stop = bus.listen("*", undefined, {
      onEvent: ({ type, id }) => {
        this.events++;
        count(this.#byType, type);
        count(this.#byTopic, `${type}:${id}`);
      },
    });
  }

  /** The events of a topic since the first page was opened. */
  of(topic: string): number {
    if (topic === "*") return this.events;
    return (topic.includes(":") ? this.#byTopic : this.#byType).get(topic) ?? 0;
  }

  stop(): void {
    this.#stop();
  }
}

function count(counts: Map<string, number>, name: string): void {
  const before = counts.get(name);
  if (before !== undefined || counts.size < MAX_TOPICS) counts.set(name, (before ?? 0) + 1);
}
