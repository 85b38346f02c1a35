// What do two hubs cost, one a processor, compared with one hub that has all the spokes?
//
// `deno run -A bench/two_hubs.ts`. The processor time of both hubs together counts: by the clock, clients and hubs share the
// processors of the machine. The way is that of docs/processors.md.

import { startRedis } from "../scripts/lib/redis_server.ts";
import { measureWays, open } from "./three_hubs.ts";

/** A number that the processes of clients can share. */
const SPOKES = 999;

await using server = await startRedis();
const redis = (prefix: string) => ({ path: server.path, prefix });
const rows = await measureWays({
  "two hubs over Redis": await open(2, SPOKES, { protocol: "pubsub", redis: redis("two/") }),
  "one hub over Redis": await open(1, SPOKES, { protocol: "pubsub", redis: redis("one/") }),
  "one hub": await open(1, SPOKES, { protocol: "pubsub" }),
}, SPOKES);
console.log(JSON.stringify({ rows }));
Deno.exit();
