/** The types of events, and of their listeners on the fast path. */

import type { Position } from "./history_source.ts";

/**
 * An event: its type, the id of its subject, and its payload.
 *
 * @example Read an envelope
 * ```ts
 * import type { EventEnvelope } from "@alkdev/pubsub";
 *
 * const envelope: EventEnvelope<{ ok: boolean }, "call.responded"> = {
 *   type: "call.responded",
 *   id: "call_1",
 *   payload: { ok: true },
 * };
 * if (!envelope.payload.ok) throw new Error("The call failed");
 * ```
 */
export interface EventEnvelope<TPayload = unknown, TType extends string = string> {
  /** The event type: non-empty, without `:`, not `*`, not starting with `__`. */
  readonly type: TType;
  /** The id of the event's subject: any well-formed string, also with `:`. An event about nothing has the id `""`. */
  readonly id: string;
  /**
   * The event's data. The transport decides
   * [which values it can carry](https://github.com/alkdev/pubsub/blob/main/docs/delivery.md#payloads-over-json).
   */
  readonly payload: TPayload;
  /** The position of an event of a type that has a [history](https://github.com/alkdev/pubsub/blob/main/docs/history.md). */
  readonly at?: Position;
}

/** A listener of `listen`. Its methods are called with the object as `this`. */
export interface EnvelopeListener<TPayload = unknown, TType extends string = string> {
  /** Called with each well-formed envelope of the topic. */
  onEvent(envelope: EventEnvelope<TPayload, TType>): void;
  /** Called at most once, when the far end has acknowledged the topic: events published there from now on arrive. */
  onReady?(): void;
  /**
   * Called when events of the topic may have been missed. Every missed event was published before this call. The target's
   * `onStatus` reports the same.
   */
  onGap?(): void;
  /**
   * Called when no more events will arrive: without an error after a local `close()`, else with the reason. The listener
   * has already been removed. Not called if the listener was removed by the function that `listen` returned.
   */
  onEnd?(error: Error | undefined): void;
}
