import { NODE_20, NODE_22, NODE_24, testOn } from "../fixtures/other_runtimes.ts";

for (const [name, node] of [["20", NODE_20], ["22", NODE_22], ["24", NODE_24]] as const) {
  Deno.test(`Iroh event targets conform on Node ${name}, in both directions`, async () => {
    await testOn(node, "_iroh_node_conformance.ts", 70);
  });
}

Deno.test("what is tested of Iroh in Deno without processes holds on Node 24 too", async () => {
  await testOn(NODE_24, "_iroh_node_tests.ts", 40);
});
