import { type Topic, topicOf } from "../../../core/topic.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import type { EventEnvelope } from "../../../core/types.ts";

/** The most events that one tail holds. */
const MAX_EVENTS = 1024;

/** Live events of a topic since a page was asked for. */
export interface LiveTail {
  readonly events: EventEnvelope[];
  /** Whether there were too many events: none is here. */
  overflowed: boolean;
  /** Ends it. */
  close(): void;
}

/** The events that come live while the hub waits for a page: the spoke that replays drops it, and the page may have ended before. */
export class LiveTails {
  readonly #byTopic = new TopicMap<Set<LiveTail>>();

  open(topic: string): LiveTail {
    const tails = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, tails);
    const tail: LiveTail = {
      events: [],
      overflowed: false,
      close: () => {
        tails.delete(tail);
        if (tails.size === 0) this.#byTopic.delete(topic);
      },
    };
    tails.add(tail);
    return tail;
  }

  /** An event has arrived on a topic. */
  note({ type, id }: Topic, envelope: EventEnvelope): void {
    if (this.#byTopic.size === 0 || envelope.at === undefined) return;
    for (const tail of this.#byTopic.get(topicOf(type, id)) ?? []) {
      if (tail.overflowed) continue;
      tail.overflowed = tail.events.push(envelope) > MAX_EVENTS;
      if (tail.overflowed) tail.events.length = 0;
    }
  }
}
