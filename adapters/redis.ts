/**
 * The event target of programs that share a Redis.
 *
 * @module
 */
import type { EventTargetOptions, PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { assertBound } from "../core/arguments.ts";
import { isCluster, optionsOf, type RedisClient } from "./_redis/client.ts";
import { RedisEventTarget } from "./_redis/event_target.ts";
import type { RedisSerializer, RedisTextSerializer } from "./_redis/serializer.ts";

export { hashTag } from "./_redis/channels.ts";
export type { RedisClient, RedisListener, RedisPipeline } from "./_redis/client.ts";
export type { RedisBinarySerializer, RedisSerializer, RedisTextSerializer } from "./_redis/serializer.ts";

/** What {@linkcode createRedisEventTarget} takes; messages are text unless the type says otherwise. */
export interface CreateRedisEventTargetArgs<TSerializer extends RedisSerializer = RedisTextSerializer>
  extends EventTargetOptions {
  /** The client that publishes: a `Redis` or a `Cluster` of ioredis 5 or 6, or of iovalkey. It is never closed. */
  readonly publishClient: RedisClient;
  /**
   * The client that subscribes. It may be the same as `publishClient` if that is a `Cluster`, or a `Redis` that speaks
   * RESP3 (the default of ioredis 6). It is never closed. While the event target is open, `autoResubscribe` is off.
   */
  readonly subscribeClient: RedisClient;
  /**
   * How envelopes become messages.
   *
   * @default JSON
   */
  readonly serializer?: TSerializer;
  /**
   * What stands before each topic in the name of its channel.
   *
   * @default ""
   */
  readonly prefix?: string;
  /**
   * Whether channels are sharded (`SPUBLISH`, `SSUBSCRIBE`; Redis 7). Only topics with an id can be listened to then.
   *
   * @default false
   */
  readonly sharded?: boolean;
  /**
   * How many bytes of messages may wait for Redis to have them; each is counted with its channel and 64 bytes more.
   * Beyond it events are dropped and reported (`backpressure`).
   *
   * @default 16_777_216
   */
  readonly maxBufferedBytes?: number;
  /**
   * How long an event may wait for a connection, and then how long Redis may take to answer, in milliseconds. An event
   * that took longer is given up and reported (`publish`).
   *
   * @default 10_000
   */
  readonly publishTimeoutMs?: number;
  /**
   * How long Redis may take to answer a subscription, in milliseconds. One that takes longer is reported (`subscribe`)
   * and asked again, each time with twice the patience.
   *
   * @default 10_000
   */
  readonly commandTimeoutMs?: number;
  /**
   * How long `flush()` waits, in milliseconds.
   *
   * @default 30_000
   */
  readonly flushTimeoutMs?: number;
}

/**
 * Makes an event target of two Redis clients: what is published on it is heard by every program that listens on the
 * same Redis, this one included.
 *
 * Redis stores nothing: an event reaches those who are subscribed while it is published. After a loss of the
 * connection everything is subscribed again; then the status is `open` with `gap: true`, and all events that were
 * missed were published before that report.
 *
 * @example Two programs, or two parts of one
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
 * await statuses.ready; // Redis has acknowledged it
 * pubsub.publish("session.status", "proj_123", { state: "running" });
 * ```
 *
 * @param args The clients, which stay the program's own, and options.
 * @returns An event target that leaves the clients open when it is closed.
 * @throws {TypeError} If the clients cannot be used as asked.
 * @throws {RangeError} If a bound is out of range.
 */
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs,
): PubSubEventTarget<TEvent>;
/**
 * Does the same with messages that may be bytes.
 *
 * @param args The clients, which stay the program's own, and options.
 * @returns An event target that leaves the clients open when it is closed.
 * @throws {TypeError} If the clients cannot be used as asked.
 * @throws {RangeError} If a bound is out of range.
 */
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs<RedisSerializer>,
): PubSubEventTarget<TEvent>;
export function createRedisEventTarget<TEvent extends TypedEvent = TypedEvent>(
  args: CreateRedisEventTargetArgs<RedisSerializer>,
): PubSubEventTarget<TEvent> {
  const {
    publishClient,
    subscribeClient,
    serializer = JSON,
    prefix = "",
    sharded = false,
    maxBufferedBytes = 16 * 1024 * 1024,
    publishTimeoutMs = 10_000,
    commandTimeoutMs = 10_000,
    flushTimeoutMs = 30_000,
    onError,
    onStatus,
  } = args;
  assertClients(publishClient, subscribeClient, sharded);
  assertMessages(serializer, prefix);
  const bounds = { maxBufferedBytes, publishTimeoutMs, commandTimeoutMs, flushTimeoutMs };
  for (const [name, value] of Object.entries(bounds)) assertBound(name, value, 1);
  const target = new RedisEventTarget({
    publishClient,
    subscribeClient,
    serializer,
    prefix,
    sharded,
    ...bounds,
    ...(onError && { onError }),
    ...(onStatus && { onStatus }),
  });
  // Which events it carries is a matter of the signature alone.
  return target as PubSubEventTarget<TEvent>;
}

function refuse(reason: string): never {
  throw new TypeError(`Cannot create a Redis event target: ${reason}`);
}

function assertMessages(serializer: RedisSerializer, prefix: string): void {
  const { stringify, parse } = (serializer ?? {}) as Partial<RedisSerializer>;
  if (typeof stringify !== "function" || typeof parse !== "function") {
    refuse("the serializer has not the methods stringify and parse");
  }
  // A lone surrogate would be another character on the way back, so that nothing was ever heard.
  if (typeof prefix !== "string" || !prefix.isWellFormed()) refuse("the prefix is not a well-formed string");
}

function assertClients(publishClient: RedisClient, subscribeClient: RedisClient, sharded: boolean): void {
  for (const client of [publishClient, subscribeClient]) {
    // After its end, the status of a Cluster goes back to "close".
    if (client.status === "end" || (isCluster(client) && client.status === "close")) {
      refuse("a client has ended");
    }
    if (sharded && optionsOf(client).keyPrefix) {
      refuse("a keyPrefix would stand before sharded channels; use the option prefix instead");
    }
  }
  if (sharded && isCluster(subscribeClient) && optionsOf(subscribeClient).shardedSubscribers !== true) {
    refuse("sharded channels take a Cluster with the option shardedSubscribers: true");
  }
  if (publishClient === subscribeClient && !isCluster(subscribeClient)) {
    if (optionsOf(subscribeClient).protocol !== 3) {
      refuse("a client that subscribes cannot publish, except with RESP3: give two clients");
    }
  }
}
