// One process of `redis_runtimes.ts`, on any runtime: prints its rows. Every way carries one load after the other, in
// turns, so that whatever else the machine does meets them all.

// @ts-types="./_redis_peers.d.ts"
import { createRedisEventTarget as createYogaRedisEventTarget } from "@graphql-yoga/redis-event-target";
import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
// @ts-types="./_redis_peers.d.ts"
import { RedisPubSub } from "graphql-redis-subscriptions";
// @ts-types="../tests/fixtures/ioredis.d.ts"
import { Redis as Redis5 } from "ioredis";
// @ts-types="../tests/fixtures/ioredis.d.ts"
import { Redis as Redis6 } from "ioredis6";
import process from "node:process";
import { randomFrom, shuffled } from "../examples/_shared/random.ts";
import { BURST, type Status } from "./_load.ts";
import { type Carrier, openCarrier, type Peers, WAYS } from "./_redis_ways.ts";

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
    const [load, statuses, rounds] of [["bursts", BURST, 160], ["events", BURST.slice(0, 1), 4000]] as const
  ) {
    const times = await takeTurns(carriers, statuses, rounds);
    for (const [way, ns] of times) rows[`${load} through Redis, ${runtime}, ${client}: ${way}`] = ns;
  }
}
console.log(JSON.stringify({ rows }));
process.exit(0);

/** The median of each way's times, in nanoseconds; the first half of the rounds is to warm up. */
async function takeTurns(
  carriers: ReadonlyMap<string, Carrier>,
  statuses: readonly Status[],
  rounds: number,
): Promise<Map<string, number>> {
  const random = randomFrom(1);
  const ways = Array.from(carriers, ([way, carrier]) => ({ way, carrier, times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    // In a fixed order, each would always pay for the same other one's garbage.
    for (const { carrier, times } of shuffled(ways, random)) {
      const start = performance.now();
      const end = await carrier.carry(statuses);
      if (round >= rounds / 2) times.push(end - start);
    }
  }
  return new Map(ways.map(({ way, times }) => [way, medianOf(times) * 1e6]));
}

function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? NaN;
}
