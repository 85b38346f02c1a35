/**
 * The answers of a far end about topics, applied to the listeners here.
 *
 * They are apart from the {@linkcode ListenerTable}: a page that only works in-process does not load them.
 *
 * @module
 */
import type { ListenerTable } from "./listener_table.ts";
import { splitTopic, topicOf } from "./topic.ts";
import type { EnvelopeListener } from "./types.ts";

/** The topics that have listeners, as strings, for a far end that is asked for all of them: none is refused any more. */
export function topicsToAsk({ lists }: ListenerTable): string[] {
  return Array.from(lists.values(), (list) => {
    if (list.readiness === "refused") list.readiness = "pending";
    return topicOf(list.type, list.id);
  });
}

/** The far end has acknowledged a topic: notifies its listeners of envelopes. */
export function acknowledge(listeners: ListenerTable, topic: string): void {
  const list = listeners.lists.get(splitTopic(topic));
  if (list === undefined || list.readiness === "ready") return;
  list.readiness = "ready";
  for (const listener of list) if (!listener.isReady) listeners.notifyReady(list, listener);
}

/** No topic is acknowledged any more: later listeners wait for the next acknowledgement. */
export function suspend({ lists }: ListenerTable): void {
  for (const list of lists.values()) if (list.readiness === "ready") list.readiness = "pending";
}

/**
 * The far end has refused a topic: ends its listeners of envelopes. Event listeners stay, since the DOM has no way to
 * notify them. Returns whether the topic had listeners.
 */
export function endTopic(listeners: ListenerTable, topic: string, error: Error): boolean {
  const list = listeners.lists.get(splitTopic(topic));
  if (list === undefined) return false;
  list.readiness = "refused";
  listeners.end(list, error);
  return true;
}

/**
 * The far end has revoked a topic, and will answer a newer request for it: ends the listeners of envelopes that do not wait for
 * that answer. Returns whether the topic was acknowledged.
 */
export function endAcknowledged(
  listeners: ListenerTable,
  topic: string,
  error: Error,
  isWaiting: (listener: EnvelopeListener) => boolean,
): boolean {
  const list = listeners.lists.get(splitTopic(topic));
  if (list?.readiness !== "ready") return false;
  list.readiness = "pending";
  listeners.end(list, error, isWaiting);
  return true;
}
