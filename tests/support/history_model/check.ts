import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { plan } from "./plan.ts";
import { HistoryModel } from "./run.ts";

/** Runs plans, several at once, since most of a run is waiting. A plan that fails is shrunk. */
export async function checkPlans(
  { seed, plans, atOnce }: { seed: number; plans: number; atOnce: number },
): Promise<void> {
  await Promise.all(Array.from({ length: atOnce }, async (_, i) => {
    await using model = await HistoryModel.open();
    await fc.assert(
      fc.asyncProperty(plan, async (plan) => assertEquals(await model.run(plan), [])),
      { numRuns: Math.ceil(plans / atOnce), seed: seed + i, endOnFailure: Deno.env.has("NO_SHRINK") },
    );
  }));
}
