import { Buffer } from "node:buffer";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import type { TopicRow } from "./events.ts";

/** The most topics that are counted: peers choose them. */
const MAX_TOPICS = 20_000;

/** More than the numbers of a row take as JSON, in bytes. */
const NUMBERS_BYTES = 24;

/** A topic that spokes are subscribed to. */
interface Counted {
  readonly topic: string;
  /** The events since it is counted. */
  events: number;
  spokes: number;
  /** The survey that has found it. */
  survey: number;
  stop(): void;
}

/**
 * Counts the events of the topics that spokes are subscribed to, while a page is open. The hub listens to the same topics,
 * so that no further event comes over the bus.
 */
export class TopicCounts {
  readonly #bus: PubSubEventTarget;
  readonly #counted = new Map<string, Counted>();
  #survey = 0;

  constructor(bus: PubSubEventTarget) {
    this.#bus = bus;
  }

  /** How many topics are counted. */
  get size(): number {
    return this.#counted.size;
  }

  /** Counts the topics of these spokes from now on, and no others. */
  follow(spokes: Iterable<{ readonly topics: ReadonlySet<string> }>): void {
    const survey = ++this.#survey;
    let found = 0;
    for (const { topics } of spokes) {
      for (const topic of topics) {
        const known = this.#counted.get(keyOf(topic)) ?? this.#start(topic);
        if (known === undefined) continue;
        if (known.survey === survey) {
          known.spokes++;
          continue;
        }
        known.survey = survey;
        known.spokes = 1;
        found++;
      }
    }
    if (found < this.#counted.size) this.#drop(survey);
  }

  /** The rows of topics whose names have a text, at most so many, in so many bytes of JSON. */
  rows(text: string, max: number, maxBytes: number): TopicRow[] {
    const rows: TopicRow[] = [];
    let bytes = 0;
    for (const { topic, spokes, events } of this.#counted.values()) {
      if (text !== "" && !topic.toLowerCase().includes(text)) continue;
      bytes += Buffer.byteLength(JSON.stringify(topic)) + NUMBERS_BYTES;
      if (rows.length === max || bytes > maxBytes) break;
      rows.push([topic, spokes, events]);
    }
    return rows;
  }

  stop(): void {
    this.follow([]);
  }

  #start(topic: string): Counted | undefined {
    if (this.#counted.size >= MAX_TOPICS) return undefined;
    const [type, id] = splitTopic(topic);
    const onEvent = (): void => void counted.events++;
    const counted: Counted = {
      topic,
      events: 0,
      spokes: 0,
      survey: 0,
      stop: this.#bus.listen(type, id, { onEvent }),
    };
    this.#counted.set(keyOf(topic), counted);
    return counted;
  }

  #drop(survey: number): void {
    for (const [key, counted] of this.#counted) {
      if (counted.survey === survey) continue;
      counted.stop();
      this.#counted.delete(key);
    }
  }
}

/** The key of a topic. V8 hashes text of digits alone in a way that peers can predict. */
function keyOf(topic: string): string {
  const code = topic.charCodeAt(0);
  return code >= 48 && code <= 57 ? ` ${topic}` : topic;
}

/** The type of a topic, and its id unless it is a bare type or `*`. */
export function splitTopic(topic: string): [type: string, id: string | undefined] {
  const at = topic.indexOf(":");
  return at < 0 ? [topic, undefined] : [topic.slice(0, at), topic.slice(at + 1)];
}
