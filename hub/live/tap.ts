import type { EventEnvelope, PubSubEventTarget } from "@alkdev/pubsub";
import type { Tapped } from "./events.ts";
import { splitTopic } from "./topic_counts.ts";

/** The most events that a page is sent in any second. */
const MAX_PER_SECOND = 50;

/** The longest payload that a page is sent, in characters. */
const MAX_PAYLOAD_LENGTH = 2000;

/** Passes on events of one topic to one page. */
export class Tap {
  readonly #topic: string;
  readonly #send: (tapped: Tapped) => void;
  readonly #stop: () => void;
  /** When the last events were sent: as many as a second can have. */
  readonly #sentAt: number[] = [];
  #skipped = 0;

  /** Throws a `TypeError` if the topic cannot be subscribed to. */
  constructor(bus: PubSubEventTarget, topic: string, send: (tapped: Tapped) => void) {
    this.#topic = topic;
    this.#send = send;
    this.#stop = bus.listen(...splitTopic(topic), { onEvent: (event) => this.#onEvent(event) });
  }

  stop(): void {
    this.#stop();
  }

  #onEvent({ type, id, payload }: EventEnvelope): void {
    const now = performance.now();
    const [first = -Infinity] = this.#sentAt;
    if (this.#sentAt.length >= MAX_PER_SECOND) {
      if (now - first < 1000) return void this.#skipped++;
      this.#sentAt.shift();
    }
    this.#sentAt.push(now);
    this.#send({
      topic: this.#topic,
      at: Date.now(),
      type,
      id,
      payload: textOf(payload),
      skipped: this.#skipped,
    });
    this.#skipped = 0;
  }
}

function textOf(payload: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch {
    text = "(it cannot be shown as JSON)";
  }
  if (text === undefined) return "";
  return text.length > MAX_PAYLOAD_LENGTH ? `${text.slice(0, MAX_PAYLOAD_LENGTH)}…` : text;
}
