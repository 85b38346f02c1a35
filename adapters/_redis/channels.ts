import { EVERY_TOPIC, splitTopic, topicOf } from "../../core/topic.ts";

/** The kinds of subscriptions that Redis has, each with its own pair of commands. */
export type ChannelKind = "channel" | "pattern" | "shard";

/** The argument of one subscribe command. */
export interface ChannelName {
  readonly kind: ChannelKind;
  /** The channel or pattern, prefix included. */
  readonly name: string;
}

/**
 * The channels that carry the events of a topic, a bare type or `*`. A bare type has two: the pattern of its ids, and
 * the channel of its own name, which programs that use Redis without ids publish on. Throws a `TypeError` if the
 * channels are sharded and the topic has no id.
 */
export function channelsOf(topic: string, prefix: string, sharded: boolean): ChannelName[] {
  const { type, id } = splitTopic(topic);
  if (sharded) {
    if (id === undefined) throw new TypeError(shardedFault(topic));
    return [{ kind: "shard", name: prefix + topic }];
  }
  if (id !== undefined) return [{ kind: "channel", name: prefix + topic }];
  const escapedPrefix = escapeGlob(prefix);
  if (topic === EVERY_TOPIC) return [{ kind: "pattern", name: `${escapedPrefix}*` }];
  return [
    { kind: "pattern", name: escapedPrefix + topicOf(escapeGlob(type), "*") },
    { kind: "channel", name: prefix + topic },
  ];
}

/** Whether a topic needs its channel of this kind. A bare type can do without the channel of its own name. */
export function isRequired(topic: string, kind: ChannelKind): boolean {
  return kind !== "channel" || splitTopic(topic).id !== undefined;
}

/** Escapes only what it must: an ACL allows a pattern only if its rule has exactly the same characters. */
function escapeGlob(text: string): string {
  return text.replaceAll(/[\\*?[]/g, "\\$&");
}

function shardedFault(topic: string): string {
  const events = topic === EVERY_TOPIC ? "every event" : `every id of ${JSON.stringify(topic)}`;
  return `Cannot listen to ${events} on sharded channels, which have no patterns: listen to single ids, publish ` +
    "what concerns every id under an extra id, or use an event target that is not sharded";
}

/** The part of a channel that decides its slot: the text in its first braces, or all of it. */
export function hashedPart(channel: string): string {
  const start = channel.indexOf("{");
  const end = start < 0 ? -1 : channel.indexOf("}", start);
  return end > start + 1 ? channel.slice(start + 1, end) : channel;
}

/**
 * Creates ids whose topics all live on one shard of a Cluster, whatever their type: Redis hashes only the text in the
 * first braces.
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
 * @param tag The part that the ids have in common; not empty, without braces.
 * @param rest The part that distinguishes the ids.
 * @returns The id.
 * @throws {TypeError} If the tag is empty or contains a brace.
 */
export function hashTag(tag: string, rest = ""): string {
  if (tag === "" || /[{}]/.test(tag)) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(tag)} as a hash tag: pass a non-empty string without braces`,
    );
  }
  return `{${tag}}${rest}`;
}

const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

/** The CRC16 (XMODEM) of each byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

const encoder = new TextEncoder();

/** The slot of a sharded channel in a Cluster, from 0 to 16,383. */
export function slotOf(channel: string): number {
  let crc = 0;
  for (const byte of encoder.encode(hashedPart(channel))) {
    crc = ((crc << 8) ^ (TABLE[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** A name in the slot of a channel that nobody subscribes to, or `undefined` if braces in the channel rule it out. */
export function unusedNameInSlotOf(channel: string): string | undefined {
  if (hashedPart(channel) !== channel) return `${channel}\0`;
  return channel === "" || channel.includes("}") ? undefined : `{${channel}}\0`;
}
