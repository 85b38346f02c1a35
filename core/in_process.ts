/**
 * The event target for one process.
 *
 * @module
 */
import { assertEvent, BaseEventTarget } from "./base_event_target.ts";
import type { EventEnvelope, EventTargetOptions, PubSubEventTarget, TypedEvent } from "./types.ts";

/**
 * Creates an event target for one process. {@linkcode createPubSub} uses one by default. `publish` calls the listeners
 * synchronously.
 *
 * As an `EventTarget`, it carries any `detail` on any event type. No event is lost, and no payload is copied: listeners
 * share the payload with the publisher.
 *
 * @example Share one event target between two publishers
 * ```ts
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 * import { assertEquals } from "@std/assert";
 *
 * type Events = { "user.renamed": { name: string } };
 * const eventTarget = createInProcessEventTarget();
 * const writer = createPubSub<Events>({ eventTarget });
 * const reader = createPubSub<Events>({ eventTarget });
 *
 * const renames = reader.subscribe("user.renamed", "user_1");
 * writer.publish("user.renamed", "user_1", { name: "Ada" });
 * const { value } = await renames.next();
 * assertEquals(value?.payload.name, "Ada");
 * await eventTarget.close();
 * ```
 *
 * @param options Callbacks for faults and status.
 * @returns An event target whose status is `open`.
 */
export function createInProcessEventTarget<TEvent extends TypedEvent = TypedEvent>(
  options: EventTargetOptions = {},
): PubSubEventTarget<TEvent> {
  return new InProcessEventTarget(options);
}

class InProcessEventTarget extends BaseEventTarget {
  constructor(options: EventTargetOptions) {
    super("InProcessEventTarget", options, "open");
  }

  override dispatchEvent(event: TypedEvent): boolean {
    assertEvent(event);
    if (!this.ended) return this.dispatcher.dispatch(event);
    this.reportLate("dispatch", event.type);
    return true;
  }

  protected override send(envelope: EventEnvelope): void {
    this.dispatcher.emit(envelope);
  }
}
