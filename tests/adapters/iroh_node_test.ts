import { assert, assertEquals } from "@std/assert";

/** Runs a program and returns what it printed. */
async function run(command: string, args: string[]): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { NO_COLOR: "1" } })
    .output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Bundles tests for Node, and runs them there. Fails unless all of them pass. */
async function testOnNode(node: readonly string[], tests: string, atLeast: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  const bundle = `${folder}/tests.mjs`;
  const source = new URL(`../fixtures/${tests}`, import.meta.url).pathname;
  const bundled = await run(Deno.execPath(), ["bundle", "-q", "--platform", "browser", "-o", bundle, source]);
  assert(bundled.success, bundled.output);
  // Where the bundle looks for @number0/iroh.
  await Deno.symlink(new URL("../_iroh/node_modules", import.meta.url), `${folder}/node_modules`);
  const [command = "", ...args] = node;
  const { success, output } = await run(command, [...args, "--test-reporter=tap", bundle]);
  await Deno.remove(folder, { recursive: true });
  const count = (what: string) => Number(output.match(new RegExp(`^# ${what} (\\d+)$`, "m"))?.[1]);
  assert(success, output);
  assertEquals([count("fail"), count("cancelled"), count("skipped"), count("todo")], [0, 0, 0, 0], output);
  assert(count("pass") >= atLeast, output);
}

for (const node of [["node"], ["npx", "-y", "node@22"], ["npx", "-y", "node@24"]]) {
  Deno.test(`Iroh event targets conform on ${node.join(" ")}, in both directions`, async () => {
    await testOnNode(node, "_iroh_node_conformance.ts", 70);
  });
}

Deno.test("what is tested of Iroh in Deno without processes holds on node@24 too", async () => {
  await testOnNode(["npx", "-y", "node@24"], "_iroh_node_tests.ts", 40);
});
