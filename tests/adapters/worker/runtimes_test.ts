import { BUN, NODE_20, NODE_22, NODE_24, testOn } from "../../support/runtimes.ts";

for (
  const [name, runtime, atLeast] of [
    ["Node 20", NODE_20, 140],
    ["Node 22", NODE_22, 140],
    ["Node 24", NODE_24, 140],
    ["Bun 1.4", BUN, 210],
  ] as const
) {
  Deno.test(`worker event targets conform on ${name}, in both directions`, async () => {
    await testOn(runtime, "worker_conformance.ts", atLeast, ["relay_worker.mjs"]);
  });
}
