import { LIBRARIES } from "../../support/redis.ts";
import { runOnServer } from "../../support/redis_history/run.ts";

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
  Deno.test(`history over ${library}: with an AOF, nothing is lost or heard twice, and no gap is reported (seed ${seed})`, async () => {
    await runOnServer(library, seed, {});
  });
  Deno.test(`history over ${library}: without persistence, every loss is reported (seed ${seed})`, async () => {
    await runOnServer(library, seed, { keeps: "nothing" });
  });
}

const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
Deno.test(`history over ioredis 5: where Redis evicts keys, every loss is reported (seed ${seed})`, async () => {
  await runOnServer("ioredis 5", seed, { keeps: "what fits" });
});
