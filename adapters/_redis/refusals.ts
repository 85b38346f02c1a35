import { describe, messageOf } from "../../core/describe.ts";
import { ConnectionLostError, RefusedError } from "../../core/errors.ts";

/** The error that ends the subscriptions of a topic whose channel Redis refused. */
export function refusedTopic(topic: string, cause: Error): RefusedError {
  const reason = messageOf(cause);
  return new RefusedError(`Redis refused ${describe(topic)}: ${reason}`, { topic, reason, cause });
}

/** The report that Redis refused the channel of a bare type's own name, without which its subscriptions continue. */
export function refusedName(type: string, cause: Error): Error {
  const message =
    `Redis refused the channel ${describe(type)}: ${messageOf(cause)}. The subscription continues, ` +
    "and misses only events that other programs publish without an id";
  return new Error(message, { cause });
}

/** The report of an event that was sent on a connection that is lost. */
export function unanswered(): ConnectionLostError {
  return new ConnectionLostError("Redis had not answered: the event may or may not have been published");
}
