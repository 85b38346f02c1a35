import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { plan } from "../../../support/history_model/plan.ts";
import { HistoryModel } from "../../../support/history_model/run.ts";

const SEEDS = Number(Deno.env.get("HISTORY_MODEL_SEEDS") ?? 300);

Deno.test(`each subscription of a link hears its topic whole, or is told a gap: ${SEEDS} plans over real sockets`, async () => {
  await using model = await HistoryModel.open();
  await fc.assert(
    fc.asyncProperty(plan, async (plan) => assertEquals(await model.run(plan), [])),
    { numRuns: SEEDS, seed: 1, interruptAfterTimeLimit: 120_000, endOnFailure: Deno.env.has("NO_SHRINK") },
  );
});
