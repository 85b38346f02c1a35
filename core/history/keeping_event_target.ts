import { detailOf, envelopeOn } from "../envelope.ts";
import type { TargetHistory } from "../history_of.ts";
import { InProcessEventTarget } from "../in_process_event_target.ts";
import { isTopic } from "../topic.ts";
import type { EventEnvelope, EventTargetOptions, TypedEvent } from "../types.ts";
import type { KeptEvents } from "./kept_events.ts";

/**
 * The in-process event target that keeps its events. Listeners get them in the order of the log: an event that a listener
 * publishes waits until the event before it has been delivered.
 */
export class KeepingEventTarget extends InProcessEventTarget {
  readonly #events: KeptEvents<EventEnvelope>;
  readonly #history: TargetHistory;
  readonly #waiting: EventEnvelope[] = [];
  #emitting = false;

  constructor(options: EventTargetOptions, events: KeptEvents<EventEnvelope>, history: TargetHistory) {
    super(options);
    this.#events = events;
    this.#history = history;
  }

  get history(): TargetHistory {
    return this.#history;
  }

  override dispatchEvent(event: TypedEvent): boolean {
    const kept = this.ended ? undefined : this.#keep(event);
    if (kept === undefined) return super.dispatchEvent(event);
    // Listeners get the position too. No property of an event can be set from outside.
    Object.defineProperty(event, "detail", { value: kept, configurable: true });
    return super.dispatchEvent(event);
  }

  protected override send(envelope: EventEnvelope): void {
    const kept = this.#events.append(envelope);
    if (kept !== undefined) this.tracing?.inherit(kept, envelope);
    if (this.#emitting) return void this.#waiting.push(kept ?? envelope);
    if (kept === undefined) return super.send(envelope);
    this.#emitting = true;
    try {
      super.send(kept);
      // The iterator also yields events that are added meanwhile.
      for (const next of this.#waiting) super.send(next);
    } finally {
      this.#waiting.length = 0;
      this.#emitting = false;
    }
  }

  /** Keeps an event that the program dispatches, if its detail is an envelope of the topic. */
  #keep(event: TypedEvent): EventEnvelope | undefined {
    if (!(event instanceof Event)) return undefined;
    const envelope = envelopeOn(event.type, detailOf(event));
    if (envelope === undefined || !isTopic(event.type, envelope.type, envelope.id)) return undefined;
    return this.#events.append(envelope);
  }
}
