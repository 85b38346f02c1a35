// The part of some packages that the Redis benches use. Their own types need those of Node, whose `Event` is not the one
// of Deno.
import type { Clients, GraphqlRedisPubSub, Peers } from "./_redis_ways.ts";

/** The event target that graphql-yoga has for Redis. */
export function createRedisEventTarget(clients: Clients): EventTarget;

/** The engine of graphql-redis-subscriptions. */
export const RedisPubSub: new (
  options: Parameters<Peers["createGraphqlRedisPubSub"]>[0],
) => GraphqlRedisPubSub;
