/**
 * The packages that the Redis benches compare with, at the versions that the figures are about.
 *
 * @module
 */
// @ts-types="../tests/fixtures/ioredis.d.ts"
import { Redis as Redis5 } from "npm:ioredis@5.11.1";
// @ts-types="../tests/fixtures/ioredis.d.ts"
import { Redis as Redis6 } from "npm:ioredis@6.0.0";
import { createYogaPubSub } from "./peers.ts";
import type { Peers } from "./_redis_ways.ts";

// Of its peer, which is ioredis 5 alone, Deno would warn at every check of anything here.
const yoga = "npm:@graphql-yoga/redis-event-target@3.0.4";
const { createRedisEventTarget } = await import(yoga) as typeof import("./_redis_peers.d.ts");

/** The packages. */
export const redisPeers: Peers = {
  clients: { "ioredis 5": Redis5, "ioredis 6": Redis6 },
  createYogaRedisEventTarget: createRedisEventTarget,
  createYogaPubSub,
};
