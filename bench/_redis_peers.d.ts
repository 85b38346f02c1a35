// The part of a package that the Redis benches use. Its own types bring those of Node along, whose `Event` is not Deno's.
import type { Clients } from "./_redis_ways.ts";

/** The event target that graphql-yoga has for Redis. */
export function createRedisEventTarget(clients: Clients): EventTarget;
