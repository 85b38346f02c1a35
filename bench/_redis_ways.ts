/**
 * The ways of the Redis benches to carry events from one client to another. This module runs on every runtime, and so
 * uses nothing that only some of them have.
 *
 * @module
 */
import { createRedisEventTarget, type RedisClient } from "../adapters/redis.ts";
import { createPubSub } from "../core/create_pubsub.ts";
import type { PubSubEventTarget } from "../core/types.ts";
import { type Events, ID, type Status, TOPIC, TYPE } from "./_load.ts";

/** The used parts of ioredis and of the compared packages, which each bench imports for its runtime. */
export interface Peers {
  readonly clients: Readonly<Record<string, new (path: string, options: object) => RedisClient>>;
  readonly createYogaRedisEventTarget: (clients: Clients) => EventTarget;
  readonly createYogaPubSub: (options: { eventTarget: EventTarget }) => {
    publish(topic: string, payload: Status): void;
    subscribe(topic: string): AsyncIterable<Status>;
  };
  readonly createGraphqlRedisPubSub: (
    options: { readonly publisher: RedisClient; readonly subscriber: RedisClient },
  ) => GraphqlRedisPubSub;
}

/** The engine of graphql-redis-subscriptions. */
export interface GraphqlRedisPubSub {
  /** Sends a payload to all listeners of the trigger. */
  publish(trigger: string, payload: Status): Promise<void>;
  /** Calls back with each payload of a trigger. */
  subscribe(trigger: string, onMessage: (payload: Status) => void): Promise<number>;
  /** The payloads of a trigger, from the first `next()` on. */
  asyncIterableIterator(trigger: string): AsyncIterable<Status>;
}

/** The two clients of an event target. */
export interface Clients {
  readonly publishClient: RedisClient;
  readonly subscribeClient: RedisClient;
}

/** The connections of a way. */
interface Ends extends Clients {
  /** A prefix that separates it from other ways on the same server. */
  readonly prefix: string;
  readonly onEvent: (status: Status) => void;
  readonly peers: Peers;
}

type Open = (ends: Ends) => Promise<Send>;
type Send = (statuses: readonly Status[]) => void;

const OTHER_TOPICS = 9999;

/** Sets up each way. */
export const WAYS = {
  "@alkdev/pubsub": async (ends) => sendBy(await openTarget(ends)),
  "@alkdev/pubsub, one of 10000 topics": async (ends) => {
    const eventTarget = await openTarget(ends);
    for (let i = 0; i < OTHER_TOPICS; i++) eventTarget.listen(TYPE, `other_${i}`, { onEvent() {} });
    await eventTarget.flush();
    return sendBy(eventTarget);
  },
  "@alkdev/pubsub, iterated": async ({ onEvent, ...clients }) => {
    const { publish, subscribe } = createPubSub<Events>({ eventTarget: createRedisEventTarget(clients) });
    const subscription = subscribe(TYPE, ID);
    await subscription.ready;
    void read(subscription, ({ payload }) => onEvent(payload));
    return (statuses) => {
      for (const status of statuses) publish(TYPE, ID, status);
    };
  },
  "bare pipeline": async ({ publishClient, subscribeClient, prefix, onEvent }) => {
    const channel = prefix + TOPIC;
    subscribeClient.on("message", (_: string, message: string) => onEvent(JSON.parse(message).payload));
    await subscribeClient.subscribe(channel);
    const stringify = (payload: Status): string => JSON.stringify({ type: TYPE, id: ID, payload });
    return (statuses) => {
      const [status] = statuses;
      if (statuses.length === 1 && status !== undefined) {
        void publishClient.publish(channel, stringify(status));
      } else {
        void publishClient.pipeline(statuses.map((status) => ["publish", channel, stringify(status)])).exec();
      }
    };
  },
  "@graphql-yoga/redis-event-target": async ({ prefix, onEvent, peers, ...clients }) => {
    const topic = prefix + TOPIC;
    const eventTarget = peers.createYogaRedisEventTarget(clients);
    eventTarget.addEventListener(topic, (event) => onEvent((event as CustomEvent<Status>).detail));
    await clients.subscribeClient.subscribe(topic);
    return (statuses) => {
      for (const detail of statuses) eventTarget.dispatchEvent(new CustomEvent(topic, { detail }));
    };
  },
  "@graphql-yoga/redis-event-target, iterated": async ({ prefix, onEvent, peers, ...clients }) => {
    const topic = prefix + TOPIC;
    const eventTarget = peers.createYogaRedisEventTarget(clients);
    const { publish, subscribe } = peers.createYogaPubSub({ eventTarget });
    void read(subscribe(topic), onEvent);
    await clients.subscribeClient.subscribe(topic);
    return (statuses) => {
      for (const status of statuses) publish(topic, status);
    };
  },
  "graphql-redis-subscriptions": async ({ prefix, onEvent, peers, publishClient, subscribeClient }) => {
    const topic = prefix + TOPIC;
    const pubsub = peers.createGraphqlRedisPubSub({ publisher: publishClient, subscriber: subscribeClient });
    await pubsub.subscribe(topic, onEvent);
    return (statuses) => {
      for (const status of statuses) void pubsub.publish(topic, status);
    };
  },
  "graphql-redis-subscriptions, iterated": async ({ prefix, onEvent, peers, ...clients }) => {
    const topic = prefix + TOPIC;
    const { publishClient, subscribeClient } = clients;
    const pubsub = peers.createGraphqlRedisPubSub({ publisher: publishClient, subscriber: subscribeClient });
    void read(pubsub.asyncIterableIterator(topic), onEvent);
    await subscribeClient.subscribe(topic);
    return (statuses) => {
      for (const status of statuses) void pubsub.publish(topic, status);
    };
  },
} as const satisfies Record<string, Open>;

/** A way between two connections of its own. */
export interface Carrier {
  /** Publishes events in one turn of the event loop. Resolves with the arrival time of the last event. */
  carry(statuses: readonly Status[]): Promise<number>;
}

let carriers = 0;

/** Sets a way up. */
export async function openCarrier(
  way: keyof typeof WAYS,
  client: string,
  path: string,
  peers: Peers,
): Promise<Carrier> {
  const Client = peers.clients[client];
  if (Client === undefined) throw new Error(`There is no client "${client}"`);
  const newClient = (): RedisClient => new Client(path, { autoResendUnfulfilledCommands: false });
  const clients = { publishClient: newClient(), subscribeClient: newClient() };
  await Promise.all([clients.publishClient.ping(), clients.subscribeClient.ping()]);
  let expected: readonly Status[] = [];
  let arrived = 0;
  let onLast: (time: number) => void = () => {};
  const open: Open = WAYS[way];
  const send = await open({
    ...clients,
    peers,
    prefix: `${++carriers}/`,
    onEvent({ n }) {
      if (n !== expected[arrived]?.n) throw new Error(`${way}: the event ${n} arrived out of turn`);
      if (++arrived === expected.length) onLast(performance.now());
    },
  });
  return {
    async carry(statuses) {
      expected = statuses;
      arrived = 0;
      const last = new Promise<number>((resolve) => onLast = resolve);
      send(statuses);
      return await last;
    },
  };
}

async function openTarget({ onEvent, ...clients }: Ends): Promise<PubSubEventTarget> {
  const eventTarget = createRedisEventTarget(clients);
  await new Promise<void>((resolve) =>
    eventTarget.listen(TYPE, ID, {
      // This type is published only with this payload.
      onEvent: ({ payload }) => onEvent(payload as Status),
      onReady: resolve,
    })
  );
  return eventTarget;
}

function sendBy(eventTarget: PubSubEventTarget): Send {
  return (statuses) => {
    for (const payload of statuses) eventTarget.publish({ type: TYPE, id: ID, payload });
  };
}

async function read<T>(source: AsyncIterable<T>, onValue: (value: T) => void): Promise<void> {
  for await (const value of source) onValue(value);
}
