import { BaseEventTarget } from "./base_event_target.ts";
import { detailOf, topicOfEnvelope } from "./envelope.ts";
import type { Readiness } from "./listener_table.ts";
import { EVERY_TOPIC } from "./topic.ts";
import type { EventEnvelope, EventTargetOptions, PubSubEventTarget } from "./types.ts";

/**
 * Lets any `EventTarget` carry events: each is dispatched on its topic, on its bare type and on `*`, so that the
 * subscriptions of everyone who uses the same target through this library work. However many listeners a topic has,
 * the foreign target has one.
 *
 * @param foreign The `EventTarget`, which is never closed from here.
 * @param options Callbacks for faults and status.
 * @returns An event target whose `close()` removes its listeners from the foreign one.
 */
export function createForeignEventTarget(
  foreign: EventTarget,
  options: EventTargetOptions,
): PubSubEventTarget {
  return new ForeignEventTarget(foreign, options);
}

class ForeignEventTarget extends BaseEventTarget {
  readonly #foreign: EventTarget;

  constructor(foreign: EventTarget, options: EventTargetOptions) {
    super("ForeignEventTarget", options, "open");
    this.#foreign = foreign;
  }

  override onFirstListener(topic: string): Readiness {
    this.#foreign.addEventListener(topic, this.#onEvent);
    return "ready";
  }

  override onLastListener(topic: string): void {
    this.#foreign.removeEventListener(topic, this.#onEvent);
  }

  protected override send(envelope: EventEnvelope): void {
    for (const topic of [topicOfEnvelope(envelope), envelope.type, EVERY_TOPIC]) {
      try {
        this.#foreign.dispatchEvent(new CustomEvent(topic, { detail: envelope }));
      } catch (error) {
        this.report("publish", error, topic);
      }
    }
  }

  readonly #onEvent = (event: Event): void => this.dispatcher.emitOn(event.type, event.type, detailOf(event));
}
