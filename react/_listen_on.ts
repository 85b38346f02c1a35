import type { EventEnvelope, OnOptions, PubSub } from "../mod.ts";

/** A PubSub of any events. Its own signatures check the types. */
export type AnyPubSub = Pick<PubSub, "on" | "eventTarget">;

/** Calls a callback with the events of a topic. */
export function listenOn(
  pubsub: AnyPubSub,
  type: string,
  id: string | undefined,
  callback: (event: EventEnvelope) => void,
  options: OnOptions,
): () => void {
  return id === undefined ? pubsub.on(type, callback, options) : pubsub.on(type, id, callback, options);
}
