import type { RedisClient } from "./client.ts";
import { Subscriber } from "./subscribe/subscriber.ts";

const subscribers = new WeakMap<RedisClient, Map<boolean, Subscriber>>();

/**
 * The channels of a client, which all event targets on it share.
 *
 * @param client The client.
 * @param sharded Whether the channels are sharded.
 * @returns The same object for the same client.
 */
export function subscriberOf(client: RedisClient, sharded: boolean): Subscriber {
  const known = subscribers.get(client) ?? new Map<boolean, Subscriber>();
  subscribers.set(client, known);
  let subscriber = known.get(sharded);
  if (subscriber === undefined) {
    subscriber = new Subscriber(client, sharded, () => known.delete(sharded));
    known.set(sharded, subscriber);
  }
  return subscriber;
}
