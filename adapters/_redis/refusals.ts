import { describe, messageOf } from "../../core/describe.ts";
import { ConnectionLostError, RefusedError } from "../../core/errors.ts";
import type { ListenerList } from "../../core/listener_list.ts";

/** The error that ends the subscriptions of a topic whose channel Redis refused. */
export function refusedTopic(topic: string, cause: Error): RefusedError {
  const reason = messageOf(cause);
  return new RefusedError(`Redis refused ${describe(topic)}: ${reason}`, { topic, reason, cause });
}

/** The bare types whose own name Redis refused as a channel. Their subscriptions continue without it. */
export class RefusedNames {
  /** Why the name of a type was refused, until that is reported. */
  readonly #causes = new WeakMap<ListenerList, Error | undefined>();

  add(list: ListenerList, cause: Error): void {
    if (!this.#causes.has(list)) this.#causes.set(list, cause);
  }

  /** The ids of the type are acknowledged. Returns the error to report, the first time. */
  takeFault(list: ListenerList): Error | undefined {
    const cause = this.#causes.get(list);
    if (cause === undefined) return undefined;
    this.#causes.set(list, undefined);
    const message =
      `Redis refused the channel ${describe(list.type)}: ${messageOf(cause)}. The subscription continues, ` +
      "and misses only events that other programs publish without an id";
    return new Error(message, { cause });
  }
}

/** The report of an event that was sent on a connection that is lost. */
export function unanswered(): ConnectionLostError {
  return new ConnectionLostError("Redis had not answered: the event may or may not have been published");
}
