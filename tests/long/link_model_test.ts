import { assertEquals } from "@std/assert";
import { runLinkModel } from "../support/link_model.ts";

const SEEDS = 12;

for (let seed = 2; seed < 2 + SEEDS; seed++) {
  Deno.test(`twelve links over lines that fail keep their order and report every loss: seed ${seed}`, async () => {
    const { violations } = await runLinkModel({ seed, ms: 20_000 });
    assertEquals(violations, []);
  });
}
