import { BaseEventTarget } from "./base_event_target.ts";
import { assertEvent } from "./envelope.ts";
import type { ListenerList } from "./listener_list.ts";
import { splitTopic } from "./topic.ts";
import type { EventEnvelope, EventTargetOptions, TypedEvent } from "./types.ts";

/** The event target without a history, and the base of the one that has one. */
export class InProcessEventTarget extends BaseEventTarget {
  // At hand, since every event takes this path.
  readonly #dispatcher = this.dispatcher;

  constructor(options: EventTargetOptions) {
    super("InProcessEventTarget", options, "open");
  }

  override dispatchEvent(event: TypedEvent): boolean {
    assertEvent(event);
    if (!this.ended) {
      this.counters.publish(splitTopic(event.type).type);
      return this.dispatcher.dispatch(event);
    }
    this.reportLate("dispatch", event.type);
    return true;
  }

  protected override send(envelope: EventEnvelope, list?: ListenerList): void {
    this.#dispatcher.emit(envelope, list);
  }
}
