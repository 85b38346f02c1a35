import type { RedisClient } from "../client.ts";
import { Subscriber } from "./subscriber.ts";

const subscribers = new WeakMap<RedisClient, Subscriber>();
const shardedSubscribers = new WeakMap<RedisClient, Subscriber>();

/** The subscriber that all event targets on a client share. */
export function subscriberFor(client: RedisClient, sharded: boolean): Subscriber {
  const known = sharded ? shardedSubscribers : subscribers;
  const subscriber = known.get(client) ?? new Subscriber(client, sharded, () => known.delete(client));
  known.set(client, subscriber);
  return subscriber;
}
