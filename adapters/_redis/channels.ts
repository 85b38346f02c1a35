import { EVERY_TOPIC, isTopic, splitTopic, topicOf } from "../../core/topic.ts";
import { EnvelopeTemplate } from "./envelope_template.ts";

/** The kinds of subscriptions that Redis has, each with its own pair of commands. */
export type ChannelKind = "channel" | "pattern" | "shard";

/** The argument of one subscribe command. */
export interface ChannelName {
  readonly kind: ChannelKind;
  /** The channel or pattern, prefix included. */
  readonly name: string;
}

/** A topic and the channel that carries its events. */
export interface TopicChannel {
  readonly topic: string;
  readonly channel: string;
  /** Present from the second event in a row on: for a single event it costs more than it saves. */
  readonly template?: EnvelopeTemplate;
}

const NONE: TopicChannel = { topic: "", channel: "" };

/** Maps topics to channels and back. Consecutive events often share a topic, so the last one of each way is cached. */
export class TopicChannels {
  readonly #prefix: string;
  readonly #sharded: boolean;
  #lastSent = NONE;
  #lastReceived = NONE;

  constructor(prefix: string, sharded: boolean) {
    this.#prefix = prefix;
    this.#sharded = sharded;
  }

  /**
   * The channels to subscribe to for a topic, a bare type or `*`. A bare type has two: the pattern of its ids, and the
   * channel of its own name, which programs that use Redis without ids publish on. Throws a `TypeError` if the channels
   * are sharded and the topic has no id.
   */
  forListeners(topic: string): ChannelName[] {
    const { type, id } = splitTopic(topic);
    const name = this.#prefix + topic;
    if (this.#sharded) {
      if (id === undefined) throw new TypeError(shardedFault(topic));
      return [{ kind: "shard", name }];
    }
    if (id !== undefined) return [{ kind: "channel", name }];
    const escapedPrefix = escapeGlob(this.#prefix);
    if (topic === EVERY_TOPIC) return [{ kind: "pattern", name: `${escapedPrefix}*` }];
    return [
      { kind: "pattern", name: escapedPrefix + topicOf(escapeGlob(type), "*") },
      { kind: "channel", name },
    ];
  }

  forEvent(type: string, id: string): TopicChannel {
    if (!isTopic(this.#lastSent.topic, type, id)) return this.#lastSent = this.forTopic(topicOf(type, id));
    return this.#lastSent = withTemplate(this.#lastSent);
  }

  /** Accepts any string, since Redis carries events of any type. */
  forTopic(topic: string): TopicChannel {
    return { topic, channel: this.#prefix + topic };
  }

  forChannel(channel: string): TopicChannel {
    if (channel !== this.#lastReceived.channel) {
      return this.#lastReceived = { topic: channel.slice(this.#prefix.length), channel };
    }
    return this.#lastReceived = withTemplate(this.#lastReceived);
  }
}

function withTemplate(known: TopicChannel): TopicChannel {
  return known.template === undefined ? { ...known, template: new EnvelopeTemplate(known.topic) } : known;
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

/** The slot of a sharded channel in a Cluster, from 0 to 16,383: the CRC16 (XMODEM) of its hashed part. */
export function slotOf(channel: string): number {
  let crc = 0;
  // Made here: the module must load where the class is missing, as in Jest with jsdom.
  for (const byte of new TextEncoder().encode(hashedPart(channel))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}

/** A name in the slot of a channel that nobody subscribes to, or `undefined` if braces in the channel rule it out. */
export function unusedNameInSlotOf(channel: string): string | undefined {
  if (hashedPart(channel) !== channel) return `${channel}\0`;
  return channel === "" || channel.includes("}") ? undefined : `{${channel}}\0`;
}
