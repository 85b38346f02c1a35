import { openServer } from "../../support/redis.ts";
import { RIGS } from "../../support/wire_model/rigs.ts";
import { checkRig } from "../../support/wire_model/run_plan.ts";

for (const name of Object.keys(RIGS)) {
  Deno.test(`each peer hears what it must, once, in order and after the answer: ${name}`, async () => {
    await using redis = await openServer();
    await checkRig(name, redis, { numRuns: name.includes("without") ? 300 : 20, maxSteps: 30 });
  });
}
