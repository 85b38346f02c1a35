import { EVERY_TOPIC, splitTopic, topicOf } from "../../core/topic.ts";

/** What a subscription at a server can be to. */
export type ChannelKind = "channel" | "pattern" | "shard";

/** What one command subscribes to. */
export interface ChannelName {
  /** Which command it is. */
  readonly kind: ChannelKind;
  /** The channel or pattern, prefix included. */
  readonly name: string;
}

/**
 * The channels that carry the events of a topic.
 *
 * A bare type has two: the pattern of its ids, and the channel of its own name, on which programs publish that use
 * Redis without ids.
 *
 * @param topic The topic, the bare type or `*`; any string, since Redis carries events of any type.
 * @param prefix What stands before every channel.
 * @param sharded Whether the channels are sharded.
 * @returns One or two.
 * @throws {TypeError} If the channels are sharded and the topic has no id.
 */
export function channelsOf(topic: string, prefix: string, sharded: boolean): ChannelName[] {
  const { type, id } = splitTopic(topic);
  if (sharded) {
    if (id === undefined) throw new TypeError(shardedFault(topic));
    return [{ kind: "shard", name: prefix + topic }];
  }
  if (id !== undefined) return [{ kind: "channel", name: prefix + topic }];
  if (topic === EVERY_TOPIC) return [{ kind: "pattern", name: `${escapeGlob(prefix)}*` }];
  const everyId = {
    kind: "pattern",
    name: `${escapeGlob(prefix)}${topicOf(escapeGlob(type), "*")}`,
  } as const;
  return [everyId, { kind: "channel", name: prefix + topic }];
}

/**
 * Whether a topic is refused where one of its channels is. The channel of a bare type's own name is not needed for
 * events that have an id.
 *
 * @param topic The topic.
 * @param kind The kind of the channel.
 * @returns Whether it is.
 */
export function isEssential(topic: string, kind: ChannelKind): boolean {
  return kind !== "channel" || splitTopic(topic).id !== undefined;
}

/**
 * A string as a pattern that matches nothing else. No more is escaped than has to be: an ACL allows a pattern only if
 * it is written there just so.
 *
 * @param text Any string.
 * @returns The pattern.
 */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[]/g, "\\$&");
}

/**
 * What decides on the slot of a channel: what is between the first braces, else all of it.
 *
 * @param channel The channel.
 * @returns The part that is hashed; channels with the same one are on the same shard.
 */
export function hashedPart(channel: string): string {
  const start = channel.indexOf("{");
  const end = start < 0 ? -1 : channel.indexOf("}", start);
  return end > start + 1 ? channel.slice(start + 1, end) : channel;
}

/**
 * Makes ids of which the topics are on one shard of a Cluster, whatever their type: Redis hashes only what stands in
 * the first braces.
 *
 * @example Keep two topics on one shard
 * ```ts
 * import { hashTag } from "@alkdev/pubsub/event-target-redis";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashTag("proj_123"), "{proj_123}");
 * assertEquals(hashTag("proj_123", ":logs"), "{proj_123}:logs");
 * ```
 *
 * @param tag What the ids have in common; not empty, without braces.
 * @param rest What tells them apart.
 * @returns The id.
 * @throws {TypeError} If the tag is empty or has a brace.
 */
export function hashTag(tag: string, rest = ""): string {
  if (tag === "" || /[{}]/.test(tag)) {
    throw new TypeError(`Cannot use ${JSON.stringify(tag)} as a hash tag: it is a string without braces`);
  }
  return `{${tag}}${rest}`;
}

function shardedFault(topic: string): string {
  const what = topic === EVERY_TOPIC ? "every event" : `every id of ${JSON.stringify(topic)}`;
  return `Cannot listen to ${what} on sharded channels, which have no patterns: listen to ids, publish what ` +
    "concerns all of them under one more id, or use an event target that is not sharded";
}
