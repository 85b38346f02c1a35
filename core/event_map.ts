/**
 * The types that an event map gives: names, envelopes, the arguments of `publish`, and what JSON makes of payloads.
 *
 * An event map is a `type` or an `interface`, which declaration merging can extend. Therefore no constraint here asks for
 * an index signature.
 */
import type { EventEnvelope, TypedEvent } from "./types.ts";

/** The event map of a program that does not name its event types: every payload is `unknown`. */
export type PubSubEventMap = { [eventType: string]: unknown };

/** The names of the event types in a map. */
export type EventTypeOf<TEventMap extends { [K in keyof TEventMap]: unknown }> = {
  [TType in keyof TEventMap & string]: TType;
}[keyof TEventMap & string];

/** The envelope of one event type in a map, or the union of several. */
export type EnvelopeOf<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends EventTypeOf<TEventMap> = EventTypeOf<TEventMap>,
> = { [TKey in TType]: EventEnvelope<TEventMap[TKey], TKey> }[TType];

/**
 * The event that `addEventListener` gives for one event type in a map, or the union of several: its `type` is the topic,
 * its `detail` the envelope. It types an event target.
 *
 * @example An event target whose listeners know their events
 * ```ts
 * import { createInProcessEventTarget, type TopicEventOf } from "@alkdev/pubsub";
 * import { assertEquals } from "@std/assert";
 *
 * interface Events {
 *   "user.renamed": { name: string };
 * }
 * const eventTarget = createInProcessEventTarget<TopicEventOf<Events>>();
 * const names: string[] = [];
 * eventTarget.addEventListener("user.renamed:user_1", ({ detail }) => names.push(detail.payload.name));
 * eventTarget.publish({ type: "user.renamed", id: "user_1", payload: { name: "Ada" } });
 * assertEquals(names, ["Ada"]);
 * ```
 */
export type TopicEventOf<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends EventTypeOf<TEventMap> = EventTypeOf<TEventMap>,
> = { [TKey in TType]: TypedEvent<`${TKey}:${string}`, EventEnvelope<TEventMap[TKey], TKey>> }[TType];

/**
 * The payload argument of `publish`. It can be left out where `undefined` is a payload. For a union of event types, it must
 * be a payload of each of them.
 *
 * The first condition holds for one event type, and for a type parameter: a generic function can pass the payload of its
 * type.
 */
export type PayloadArguments<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends EventTypeOf<TEventMap>,
> = [{ [K in TType]: (payload: TEventMap[K]) => void }[TType]] extends [(payload: TEventMap[TType]) => void]
  ? undefined extends TEventMap[TType] ? [payload?: TEventMap[TType]] : [payload: TEventMap[TType]]
  : { [K in TType]: (payload: TEventMap[K]) => void }[TType] extends (payload: infer TPayload) => void
    ? undefined extends TPayload ? [payload?: TPayload] : [payload: TPayload]
  : never;
