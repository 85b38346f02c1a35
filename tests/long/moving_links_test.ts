import { assertEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { moveLinks, type OpenBus, TYPES } from "../support/moving_links.ts";
import { openRedis, startRedis } from "../support/redis.ts";

const RUNS = 300;
const HISTORY = Object.fromEntries(TYPES.map((type) => [type, {}]));

async function check(openBus: (seed: number) => OpenBus): Promise<void> {
  let last = 0;
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (last < RUNS) {
      const seed = ++last;
      assertEquals([seed, ...await moveLinks(openBus(seed), seed)], [seed]);
    }
  }));
}

Deno.test("links that move between two hubs of one process miss nothing, and get no gap", async () => {
  await check(() => {
    const target = createInProcessEventTarget({ history: createMemoryHistory(HISTORY) });
    return () => Promise.resolve({ target, [Symbol.asyncDispose]: () => Promise.resolve() });
  });
});

Deno.test("links that move between two hubs over Redis miss nothing, and get no gap", async () => {
  await using server = await startRedis();
  await check((seed) => async () => {
    const redis = openRedis(server, "ioredis 5", { history: HISTORY, prefix: `${seed}:` });
    await redis.target.flush();
    return redis;
  });
});
