import { BaseEventTarget } from "./base_event_target.ts";
import { detailOf, topicOfEnvelope } from "./envelope.ts";
import type { Readiness } from "./listener_table.ts";
import { EVERY_TOPIC } from "./topic.ts";
import type { EventEnvelope, EventTargetOptions } from "./types.ts";

/**
 * Lets any `EventTarget` carry events. An event is dispatched on its topic, on its bare type and on `*`, so that programs
 * that use the same target through this library receive each other's events. The foreign target gets one listener for
 * each topic. `close()` removes them, and leaves the foreign target open. It is only seen by handlers of faults.
 */
export class ForeignEventTarget extends BaseEventTarget {
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

  override dispatchEvent(event: Event): boolean {
    return this.#foreign.dispatchEvent(event);
  }

  protected override send(envelope: EventEnvelope): void {
    for (const topic of [topicOfEnvelope(envelope), envelope.type, EVERY_TOPIC]) {
      try {
        this.#foreign.dispatchEvent(eventWith(topic, envelope));
      } catch (error) {
        this.report("publish", error, topic);
      }
    }
  }

  readonly #onEvent = (event: Event): void => this.dispatcher.emitOn(event.type, event.type, detailOf(event));
}

/** A `CustomEvent`, where there is one: React Native has none. */
function eventWith(type: string, detail: unknown): Event {
  return globalThis.CustomEvent
    ? new CustomEvent(type, { detail })
    : Object.assign(new Event(type), { detail });
}
