import { assert, assertEquals } from "@std/assert";
import { runLinkModel } from "../support/link_model.ts";

Deno.test("twelve links over lines that fail by a seed keep their order, report every loss, and are never deaf", async () => {
  const { violations, counts } = await runLinkModel({ seed: 1, ms: 5000 });
  assertEquals(violations, []);
  // Otherwise the run has shown nothing.
  for (const [what, count] of Object.entries(counts)) assert(count > 0, `nothing was ${what}`);
});
