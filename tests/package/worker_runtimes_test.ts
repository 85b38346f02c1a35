import { assertEquals } from "@std/assert";
import { runProcess } from "../../scripts/process.ts";
import { installPackage } from "./_package.ts";
import { bun, node20, node22, node24, type Runtime } from "./_runtimes.ts";

const BOTH = ["node:worker_threads ok", "MessagePort ok"];
const RUNTIMES: readonly (readonly [name: string, Runtime, lines: readonly string[]])[] = [
  ["Node 20", node20, BOTH],
  ["Node 22", node22, BOTH],
  ["Node 24", node24, BOTH],
  ["Bun 1.4", bun, ["node:worker_threads ok", "Worker ok", "MessagePort ok"]],
];

Deno.test("hosts and threads work in Node 20, 22 and 24 and in Bun", async (t) => {
  await using installed = await installPackage();
  const host = new URL("../fixtures/_runtime_host.mjs", import.meta.url).pathname;
  for (const [name, runtime, lines] of RUNTIMES) {
    await t.step(name, async () => {
      const output = await runProcess([...await runtime(), host], { env: { PUBSUB: installed.entry } });
      assertEquals(output.trimEnd().split("\n"), lines);
    });
  }
});
