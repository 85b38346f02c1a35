import { checkPlans } from "../support/history_model/check.ts";

Deno.test("each subscription of a link hears its topic whole, or gets a gap: 20,000 plans over real sockets", async () => {
  await checkPlans({ seed: 101, plans: 20_000, atOnce: 8 });
});
