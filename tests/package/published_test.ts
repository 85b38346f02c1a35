import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runProcess, startProcess } from "../../scripts/lib/process.ts";

const root = new URL("../../", import.meta.url);

Deno.test("JSR gets the modules that exports need, the documents, and nothing else", async () => {
  const dryRun = [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"];
  const { code, stderr } = await startProcess(dryRun, { cwd: fileURLToPath(root), timeoutMs: 120_000 }).ended;
  assertEquals(code, 0, stderr);
  const published = [...stderr.matchAll(/^ +(file:\S+) \(/gm)].map(([, url = ""]) => url);
  const documents = ["CHANGELOG.md", "LICENSE", "README.md", "deno.json"];
  assertEquals(
    published.map((url) => url.replace(root.href, "")).sort(),
    [...documents, ...await modulesOfExports()].sort(),
  );
});

/** Returns every module of ours that an export imports, directly or not. */
async function modulesOfExports(): Promise<Iterable<string>> {
  const modules = new Set<string>();
  for (const file of Object.values(config.exports)) {
    const info = await runProcess([Deno.execPath(), "info", "--json", file], { cwd: fileURLToPath(root) });
    const graph: { modules: { specifier: string }[] } = JSON.parse(info);
    for (const { specifier } of graph.modules) {
      if (specifier.startsWith(root.href)) modules.add(specifier.replace(root.href, ""));
    }
  }
  return modules;
}
