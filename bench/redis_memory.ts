// How much heap do ten thousand subscribed topics take, beyond the heap that ioredis itself needs for them?
//
// `deno run -A --v8-flags=--expose-gc bench/redis_memory.ts`

// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "npm:ioredis@5.11.1";
import { createRedisEventTarget } from "../adapters/redis.ts";
import { startRedis } from "../scripts/lib/redis_server.ts";
import { settledHeap } from "../scripts/lib/heap.ts";
import { Arrivals, STATUS, TYPE } from "./_load.ts";

const COUNT = 10_000;
const ids = Array.from({ length: COUNT }, (_, i) => `proj_${String(i).padStart(12, "0")}`);
const arrivals = new Arrivals();
const server = await startRedis();
const publishClient = new Redis(server.path);

const rows = {
  "bytes of 10000 topics of Redis: ioredis alone": await measure(async (subscribeClient) => {
    subscribeClient.on("message", () => void arrivals.count++);
    await Promise.all(ids.map((id) => subscribeClient.subscribe(`${TYPE}:${id}`)));
  }),
  "bytes of 10000 topics of Redis: @alkdev/pubsub": await measure(async (subscribeClient) => {
    const eventTarget = createRedisEventTarget({ publishClient, subscribeClient });
    for (const id of ids) eventTarget.listen(TYPE, id, { onEvent: () => void arrivals.count++ });
    await eventTarget.flush();
  }),
};
console.log(JSON.stringify({ rows }));
await server[Symbol.asyncDispose]();
Deno.exit(0);

/** Measures what stays on the heap, and checks that an event of every topic arrives. */
async function measure(subscribe: (client: Redis) => Promise<void>): Promise<number> {
  const client = new Redis(server.path);
  await client.ping();
  const before = await settledHeap();
  await subscribe(client);
  const bytes = await settledHeap() - before;
  const payload = JSON.stringify(STATUS);
  const publishes = ids.map((id) => [
    "publish",
    `${TYPE}:${id}`,
    `{"type":"${TYPE}","id":"${id}","payload":${payload}}`,
  ]);
  await publishClient.pipeline(publishes).exec();
  // Its answer arrives after the messages. A subscribed connection accepts no other command.
  await client.subscribe(`${TYPE}:${ids[0]}`);
  arrivals.check(COUNT);
  client.disconnect();
  return bytes;
}
