/**
 * An event target whose events go through Redis to every program that uses the same server or Cluster.
 *
 * @module
 */
import type { DefinedEvents, UnknownTypes } from "../core/defined_events.ts";
import { eventChecks } from "../core/event_checks.ts";
import type { EventTargetOptions, PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { assertBound, DEFAULT_MAX_BUFFERED_BYTES } from "../core/arguments.ts";
import { describe } from "../core/describe.ts";
import { isCluster, optionsOf, type RedisClient } from "./_redis/client.ts";
import { RedisEventTarget } from "./_redis/event_target.ts";
import { KeepingRedisEventTarget } from "./_redis/history/keeping_event_target.ts";
import { keptTypes, type RedisHistoryBounds } from "./_redis/history/kept_type.ts";
import type { RedisSerializer, RedisTextSerializer } from "./_redis/serializer.ts";

export { hashTag } from "./_redis/channels.ts";
export type { RedisHistoryBounds } from "./_redis/history/kept_type.ts";
export type { RedisClient, RedisListener, RedisPipeline } from "./_redis/client.ts";
export type { RedisBinarySerializer, RedisSerializer, RedisTextSerializer } from "./_redis/serializer.ts";

/** The arguments of {@linkcode createRedisEventTarget}. By default, messages are text. */
export interface CreateRedisEventTargetArgs<TSerializer extends RedisSerializer = RedisTextSerializer>
  extends EventTargetOptions {
  /** The client that publishes: a `Redis` or a `Cluster` of ioredis 5 or 6, or of iovalkey. The caller closes it. */
  readonly publishClient: RedisClient;
  /**
   * The client that subscribes. It can be `publishClient` itself if that is a `Cluster`, or a `Redis` that uses RESP3
   * (the default of ioredis 6). The caller closes it. While the event target is open, its `autoResubscribe` is off.
   */
  readonly subscribeClient: RedisClient;
  /**
   * Encodes envelopes as messages, and decodes them.
   *
   * @default JSON
   */
  readonly serializer?: TSerializer;
  /**
   * The prefix of every channel: an event of the topic `news:1` is published on the channel `<prefix>news:1`.
   *
   * @default ""
   */
  readonly prefix?: string;
  /**
   * Whether channels are sharded (`SPUBLISH`, `SSUBSCRIBE`; Redis 7). Listeners then need a topic with an id.
   *
   * @default false
   */
  readonly sharded?: boolean;
  /**
   * The bytes of messages that can wait for an answer of Redis. Each message counts with its channel and 64 bytes more.
   * Events beyond this bound are dropped and reported (`backpressure`).
   *
   * @default 16_777_216
   */
  readonly maxBufferedBytes?: number;
  /**
   * The time that an event can wait for a connection, and then for an answer of Redis, in milliseconds. After that, the
   * event target gives up on the event and reports it (`publish`), and a `flush()` that waits for it rejects.
   *
   * @default 10_000
   */
  readonly publishTimeoutMs?: number;
  /**
   * The time that Redis can take to answer a subscription, in milliseconds. After that the subscription is reported
   * (`subscribe`) and sent again, each time with twice the time-out.
   *
   * @default 10_000
   */
  readonly commandTimeoutMs?: number;
  /**
   * The time that `flush()` waits before it rejects, in milliseconds.
   *
   * @default 30_000
   */
  readonly flushTimeoutMs?: number;
  /**
   * The events that programs on this Redis publish: what `defineEvents` of `@alkdev/pubsub/schemas` returned. A message that
   * its schema refuses is dropped, and reported (`decode`) with an `InvalidPayloadError`. Listeners get the payload as it was
   * received. An asynchronous schema refuses everything here.
   *
   * @default nothing is checked
   */
  readonly events?: DefinedEvents;
  /**
   * With `events`: whether messages of other types are refused, or passed on unchecked.
   *
   * @default "reject"
   */
  readonly unknownTypes?: UnknownTypes;
  /**
   * The event types whose events Redis keeps, each with its bounds: subscriptions of these can begin in the past, and after a
   * loss their listeners get what they missed. Every program that publishes such a type must declare it, with the same bounds.
   * It needs JSON messages, channels that are not sharded, and a user that may run scripts.
   *
   * @default {}
   */
  readonly history?: Readonly<Record<string, RedisHistoryBounds>>;
}

/**
 * Creates an event target from two Redis clients. An event that is published on it reaches the listeners of every
 * program that uses the same Redis, this program included.
 *
 * Without the option `history`, Redis stores nothing: an event reaches only the listeners that are subscribed when it is
 * published. After a loss of the connection, the event target subscribes to every channel again. Then its status is `open`
 * with `gap: true`, and every missed event was published before that report.
 *
 * With `history`, the status after a loss is first `open`. Once listeners have received what they missed, it is `open` with
 * `recovered: true`, or with `gap: true` if events are lost.
 *
 * `flush()` rejects if an event before it is given up, or if the loss of a connection may keep it from the listeners of
 * this program.
 *
 * @example Publish and subscribe through Redis
 * ```ts ignore
 * import { Redis } from "ioredis";
 * import { createPubSub } from "@alkdev/pubsub";
 * import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * const eventTarget = createRedisEventTarget({ publishClient: new Redis(), subscribeClient: new Redis() });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * const statuses = pubsub.subscribe("session.status", "proj_123");
 * await statuses.ready; // Redis has acknowledged the subscription
 * pubsub.publish("session.status", "proj_123", { state: "running" });
 * ```
 *
 * @param args The clients, which the caller closes, and options.
 * @returns An event target whose `close()` leaves the clients open.
 * @throws {TypeError} If the clients, the serializer or the prefix cannot be used.
 * @throws {RangeError} If a bound is out of range.
 */
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs,
): PubSubEventTarget<TEvent>;
/**
 * Creates an event target whose serializer may encode messages as bytes.
 *
 * @param args The clients, which the caller closes, and options.
 * @returns An event target whose `close()` leaves the clients open.
 * @throws {TypeError} If the clients, the serializer or the prefix cannot be used.
 * @throws {RangeError} If a bound is out of range.
 */
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs<RedisSerializer>,
): PubSubEventTarget<TEvent>;
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs<RedisSerializer>,
): PubSubEventTarget<TEvent> {
  const {
    serializer = JSON,
    prefix = "",
    sharded = false,
    maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES,
    publishTimeoutMs = 10_000,
    commandTimeoutMs = 10_000,
    flushTimeoutMs = 30_000,
    unknownTypes = "reject",
    history = {},
  } = args ?? refuse("pass an object with a publishClient and a subscribeClient");
  assertClients(args.publishClient, args.subscribeClient, sharded);
  assertMessages(serializer, prefix);
  const bounds = { maxBufferedBytes, publishTimeoutMs, commandTimeoutMs, flushTimeoutMs };
  for (const [name, value] of Object.entries(bounds)) assertBound(name, value, 1);
  const events = eventChecks(args.events, unknownTypes);
  const config = { ...args, serializer, prefix, sharded, ...bounds, events, unknownTypes };
  const kinds = keptTypes(history, prefix);
  if (kinds.size === 0) return new RedisEventTarget(config);
  if (sharded) refuse("a history needs channels that are not sharded: remove sharded, or history");
  if (serializer !== JSON) refuse("a history keeps messages as JSON: remove the serializer, or history");
  return new KeepingRedisEventTarget(config, kinds);
}

function refuse(reason: string): never {
  throw new TypeError(`Cannot create a Redis event target: ${reason}`);
}

function assertMessages(serializer: RedisSerializer, prefix: string): void {
  const { stringify, parse }: Partial<RedisSerializer> = serializer ?? {};
  if (typeof stringify !== "function" || typeof parse !== "function") {
    refuse("the serializer must have the methods stringify and parse");
  }
  // A lone surrogate would come back as another character, and no message would match its channel.
  if (typeof prefix !== "string" || !prefix.isWellFormed()) refuse("the prefix is not a well-formed string");
}

/** Describes what is not a client. The URL and the options of a client can have a password. */
function describeWithoutSecrets(value: unknown): string {
  if (typeof value === "string") {
    return describe(value.replace(/^([^:]*:\/\/)?.*@/, "$1").replace(/\?.*/, ""));
  }
  if (Array.isArray(value)) return "an array";
  const text = describe(value);
  return text.startsWith("{") ? `an object with the members ${Object.keys(Object(value)).join(", ")}` : text;
}

/** Refuses what is not a client of ioredis or iovalkey. Clients of other packages can satisfy the compiler. */
function assertClient(name: string, client: Partial<RedisClient> | undefined): void {
  const advice = "pass a Redis or a Cluster of ioredis or iovalkey";
  if (typeof client?.publish !== "function") {
    refuse(`${name} is ${describeWithoutSecrets(client)}: ${advice}`);
  }
  const { psubscribe, pipeline, on } = client;
  if ([psubscribe, pipeline, on].some((method) => typeof method !== "function")) {
    const origin = "pSubscribe" in client
      ? "a client of node-redis, which has other methods"
      : "no client of ioredis";
    refuse(`${name} is ${origin}: ${advice}`);
  }
  if (typeof client.status !== "string") {
    refuse(`${name} does not say whether it is connected, as a mock such as ioredis-mock: ${advice}`);
  }
  if (client.status === "monitoring") refuse(`${name} monitors Redis, and takes no commands: ${advice}`);
}

function assertClients(publishClient: RedisClient, subscribeClient: RedisClient, sharded: boolean): void {
  assertClient("publishClient", publishClient);
  assertClient("subscribeClient", subscribeClient);
  for (const client of [publishClient, subscribeClient]) {
    // After its end, the status of a Cluster returns to "close".
    if (client.status === "end" || (isCluster(client) && client.status === "close")) {
      refuse("a client has ended");
    }
    if (sharded && optionsOf(client).keyPrefix) {
      refuse("the client adds its keyPrefix to sharded channels: use the option prefix instead");
    }
  }
  if (sharded && isCluster(subscribeClient) && optionsOf(subscribeClient).shardedSubscribers !== true) {
    refuse("sharded channels need a Cluster with the option shardedSubscribers: true");
  }
  const haveOneConnection = publishClient === subscribeClient && !isCluster(publishClient);
  if (haveOneConnection && optionsOf(publishClient).protocol !== 3) {
    refuse("without RESP3, a client that subscribes cannot publish: pass two clients");
  }
}
