import type { EventEnvelope, PubSub, PubSubEventMap, SubscribeOptions, Subscription } from "@alkdev/pubsub";

/** Subscribes to a topic given as text: `type:id`, `type` for every id, or `*` for everything. */
export function subscribeTo(
  pubsub: PubSub<PubSubEventMap>,
  topic: string,
  options: SubscribeOptions = {},
): Subscription<EventEnvelope> {
  if (topic === "*") return pubsub.subscribeAll(options);
  const at = topic.indexOf(":");
  return at < 0
    ? pubsub.subscribe(topic, options)
    : pubsub.subscribe(topic.slice(0, at), topic.slice(at + 1), options);
}

/** Leaves out topics that another one covers, so that no event arrives twice. */
export function withoutCovered(topics: readonly string[]): string[] {
  const all = new Set(topics);
  if (all.has("*")) return ["*"];
  return [...all].filter((topic) => !topic.includes(":") || !all.has(topic.slice(0, topic.indexOf(":"))));
}
