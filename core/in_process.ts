/**
 * The event target for one process.
 *
 * @module
 */
import { InProcessEventTarget } from "./in_process_event_target.ts";
import type { MemoryHistory } from "./history_source.ts";
import { type KeepingHistory, notHistory } from "./history_of.ts";
import type { EventEnvelope, EventTargetOptions, PubSubEventTarget, TypedEvent } from "./types.ts";

/** Options of {@linkcode createInProcessEventTarget}. */
export interface InProcessEventTargetOptions extends EventTargetOptions {
  /** Keeps events for later subscriptions: `createMemoryHistory` of `@alkdev/pubsub/history`. It serves one event target. */
  readonly history?: MemoryHistory<EventEnvelope>;
}

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
 * @param options Callbacks for faults and status, and a history.
 * @returns An event target whose status is `open`.
 * @throws {TypeError} If the history serves another event target, or is not one of `createMemoryHistory`.
 */
export function createInProcessEventTarget<TEvent extends TypedEvent = TypedEvent>(
  options: InProcessEventTargetOptions = {},
): PubSubEventTarget<TEvent> {
  // Cast: createMemoryHistory() makes all of them.
  const history = options.history as KeepingHistory | undefined;
  if (history && !history.createEventTarget) throw notHistory(history);
  return history?.createEventTarget(options) ?? new InProcessEventTarget(options);
}
