import { LIBRARIES } from "../support/redis.ts";
import { CLUSTERS } from "../support/redis_cluster.ts";
import { type Keeps, runOnCluster, runOnServer } from "../support/redis_history/run.ts";

const RUNS = 20;
const CLUSTER_RUNS = 5;

/** Runs with the seed of `SEED`, or with random ones. */
async function repeat(runs: number, run: (seed: number) => Promise<void>): Promise<void> {
  const seed = Deno.env.get("SEED");
  if (seed !== undefined) return await run(Number(seed));
  for (let i = 0; i < runs; i++) await run(Math.floor(Math.random() * 2 ** 32));
}

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  for (const keeps of ["all", "nothing", "what fits"] as const satisfies readonly Keeps[]) {
    Deno.test(`history over ${library}, where Redis keeps ${keeps}: with ${RUNS} random schedules, every event is heard once, or told`, async () => {
      await repeat(RUNS, (seed) => runOnServer(library, seed, { steps: 25, keeps }));
    });
  }

  Deno.test(`history over ${library}, which a program publishes without declaring it: with ${RUNS} random schedules, every event is heard once, or told`, async () => {
    await repeat(RUNS, (seed) => runOnServer(library, seed, { steps: 25, mixed: true }));
  });
}

for (const library of Object.keys(CLUSTERS) as (keyof typeof CLUSTERS)[]) {
  Deno.test(`history over a Cluster by ${library}: with ${CLUSTER_RUNS} random schedules of failovers and other faults, every event is heard once, or told`, async () => {
    await repeat(CLUSTER_RUNS, (seed) => runOnCluster(library, seed, { steps: 12 }));
  });
}
