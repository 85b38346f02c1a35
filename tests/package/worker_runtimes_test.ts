import { assertEquals } from "@std/assert";
import { runProcess } from "../../scripts/process.ts";
import { BUN, NODE_20, NODE_22, NODE_24, type Runtime } from "../support/runtimes.ts";
import { installPackage } from "../support/package.ts";

const BOTH = ["node:worker_threads ok", "MessagePort ok"];
const RUNTIMES: readonly (readonly [name: string, Runtime, lines: readonly string[]])[] = [
  ["Node 20", NODE_20, BOTH],
  ["Node 22", NODE_22, BOTH],
  ["Node 24", NODE_24, BOTH],
  ["Bun 1.4", BUN, ["node:worker_threads ok", "Worker ok", "MessagePort ok"]],
];

Deno.test("hosts and threads work in Node 20, 22 and 24 and in Bun", async (t) => {
  await using installed = await installPackage();
  const host = new URL("../support/programs/runtime_host.mjs", import.meta.url).pathname;
  for (const [name, runtime, lines] of RUNTIMES) {
    await t.step(name, async () => {
      const output = await runProcess([...await runtime.program(), host], {
        env: { PUBSUB: installed.entry },
      });
      assertEquals(output.trimEnd().split("\n"), lines);
    });
  }
});
