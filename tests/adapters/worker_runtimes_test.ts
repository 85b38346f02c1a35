import { assertEquals } from "@std/assert";
import { bundleLibrary, RUNTIMES } from "../fixtures/runtimes.ts";

async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: { NO_COLOR: "1", ...env },
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

Deno.test("hosts and threads work in Node 20, 22 and 24 and in Bun", async (t) => {
  const folder = await Deno.makeTempDir();
  const library = await bundleLibrary(folder);
  const host = new URL("../fixtures/_runtime_host.mjs", import.meta.url).pathname;
  for (const [command, ...args] of RUNTIMES) {
    await t.step([command, ...args].join(" "), async () => {
      const lines = (await run(command, [...args, host], { PUBSUB: library })).trim().split("\n");
      const web = args.some((arg) => arg.startsWith("bun")) ? ["Worker ok"] : [];
      assertEquals(lines, ["node:worker_threads ok", ...web, "MessagePort ok"]);
    });
  }
  await Deno.remove(folder, { recursive: true });
});
