import type { EventEnvelope, PubSubEventTarget } from "@alkdev/pubsub";
import type { Tapped } from "./events.ts";
import { splitTopic } from "./topic_counts.ts";

/** How many events a second a page is sent. */
const MAX_PER_SECOND = 50;

/** The longest payload that a page is sent, in characters. */
const MAX_PAYLOAD_LENGTH = 2000;

/** Passes on events of one topic to one page. */
export class Tap {
  readonly #topic: string;
  readonly #send: (tapped: Tapped) => void;
  readonly #stop: () => void;
  /** How many events can be sent now. It grows with time, so that no second has more than twice the bound. */
  #left = MAX_PER_SECOND;
  #checkedAt = performance.now();
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
    this.#left = Math.min(MAX_PER_SECOND, this.#left + (now - this.#checkedAt) * MAX_PER_SECOND / 1000);
    this.#checkedAt = now;
    if (this.#left < 1) return void this.#skipped++;
    this.#left--;
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
