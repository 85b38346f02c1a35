import { LIBRARIES } from "../support/redis.ts";
import { type Keeps, runOnServer } from "../support/redis_history/run.ts";

const RUNS = 20;

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  for (const keeps of ["all", "nothing", "what fits"] as const satisfies readonly Keeps[]) {
    Deno.test(`history over ${library}, where Redis keeps ${keeps}: with ${RUNS} random schedules, every event is heard once, or told`, async () => {
      for (let run = 0; run < RUNS; run++) {
        const seed = Math.floor(Math.random() * 2 ** 32);
        await runOnServer(library, seed, { steps: 25, keeps });
      }
    });
  }
}
