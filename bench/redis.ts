// How long does a burst of events take through Redis? All ways on one server, in one process.
//
// `redis_runtimes.ts` measures the same on every runtime, and single events too, in turns.

import { startRedis } from "../tests/fixtures/redis.ts";
import { BURST } from "./_load.ts";
import { redisPeers } from "./_redis_peers.ts";
import { openCarrier, WAYS } from "./_redis_ways.ts";

const WARM_UP_BURSTS = 200;

const server = await startRedis();
for (const client of Object.keys(redisPeers.clients)) {
  for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
    const { carry } = await openCarrier(way, client, server.path, redisPeers);
    for (let i = 0; i < WARM_UP_BURSTS; i++) await carry(BURST);
    Deno.bench({
      name: `${client}: ${way}`,
      group: `bursts of ${BURST.length} through Redis`,
      async fn() {
        await carry(BURST);
      },
    });
  }
}
