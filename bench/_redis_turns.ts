// One process of `redis_runtimes.ts`, on any runtime, which prints its rows. The ways carry the loads in turns, so that
// other load on the machine affects all of them.

// @ts-types="./_redis_peers.d.ts"
import { createRedisEventTarget as createYogaRedisEventTarget } from "@graphql-yoga/redis-event-target";
import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
// @ts-types="./_redis_peers.d.ts"
import { RedisPubSub } from "graphql-redis-subscriptions";
// @ts-types="../tests/support/ioredis.d.ts"
import { Redis as Redis5 } from "ioredis";
// @ts-types="../tests/support/ioredis.d.ts"
import { Redis as Redis6 } from "ioredis6";
import process from "node:process";
import { BURST } from "./_load.ts";
import { type Carrier, openCarrier, type Peers, WAYS } from "./_redis_ways.ts";
import { takeTurns } from "./_turns.ts";

const [runtime = "", path = ""] = process.argv.slice(2);
const peers: Peers = {
  clients: { "ioredis 5": Redis5, "ioredis 6": Redis6 },
  createYogaRedisEventTarget,
  createYogaPubSub,
  createGraphqlRedisPubSub: (options) => new RedisPubSub(options),
};
const rows: Record<string, number> = {};
for (const client of Object.keys(peers.clients)) {
  const carriers = new Map<string, Carrier>();
  for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
    carriers.set(way, await openCarrier(way, client, path, peers));
  }
  for (
    const [load, statuses, rounds] of [["bursts", BURST, 80], ["events", BURST.slice(0, 1), 2000]] as const
  ) {
    const ways = Array.from(carriers, ([way, { carry }]) => [way, () => carry(statuses)]);
    const took = await takeTurns(Object.fromEntries(ways), { rounds, warmUpRounds: rounds });
    for (const [way, { time }] of took) rows[`${load} through Redis, ${runtime}, ${client}: ${way}`] = time;
  }
}
console.log(JSON.stringify({ rows }));
process.exit(0);
