/** Uses of the installed package: programs that are compiled against it, and run with it. */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import type { NpmProject } from "../../scripts/lib/npm_project.ts";
import { startProcess } from "../../scripts/lib/process.ts";

const root = new URL("../../", import.meta.url);
const programs = new URL("tests/package/programs/", root);
const subPaths = Object.keys(config.exports);
const specifierOf = (subPath: string): string => subPath.replace(".", config.name);

/** Returns the exported names of each sub-path in Node, where `load` is an expression. */
export async function namesInNode(
  project: NpmProject,
  extension: "mjs" | "cjs",
  load: (specifier: string) => string,
): Promise<unknown> {
  const entries = subPaths.map((subPath) => `${JSON.stringify(subPath)}: ${load(specifierOf(subPath))}`);
  await project.write({
    [`names.${extension}`]: `console.log(JSON.stringify({ ${entries.join(", ")} }));\n`,
  });
  return JSON.parse(await project.run("node", `names.${extension}`));
}

/** Returns the exported names of each sub-path in the sources. */
export async function namesInSources(): Promise<unknown> {
  const names: Record<string, string[]> = {};
  for (const [subPath, file] of Object.entries(config.exports)) {
    names[subPath] = Object.keys(await import(new URL(file, root).href)).sort();
  }
  return names;
}

/** Writes programs of users as modules of the given kinds, and returns their files. */
export async function writeConsumers(
  project: NpmProject,
  extensions: readonly ("mts" | "cts")[],
): Promise<string[]> {
  const consumer = await Deno.readTextFile(new URL("consumer.ts", programs));
  const every = subPaths.map((subPath, i) => `export * as export${i} from "${specifierOf(subPath)}";\n`);
  const files: Record<string, string> = {};
  for (const extension of extensions) {
    files[`consumer.${extension}`] = consumer;
    files[`every.${extension}`] = every.join("");
  }
  await project.write(files);
  return Object.keys(files);
}

/** Bundles the programs, which import the installed package. The bundle of the page contains the package. */
export async function compilePrograms(project: NpmProject): Promise<void> {
  for await (const { name } of Deno.readDir(programs)) {
    await Deno.copyFile(new URL(name, programs), project.path(name));
  }
  const bundle = [
    project.bin("esbuild"),
    "--bundle",
    "--format=esm",
    "--outdir=.",
    "--out-extension:.js=.mjs",
  ];
  await project.run(...bundle, "--packages=external", "hub.ts", "spoke.ts");
  await project.run(...bundle, "page.ts");
}

const HUB_REPORT = { lastCloseCode: 1000, faults: [] };

/** Runs a hub while `use` runs its spoke. The hub must end by itself afterwards. */
export async function withHub(
  project: NpmProject,
  command: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const hub = startProcess([...command, "hub.mjs"], { cwd: project.folder });
  try {
    await use(await hub.firstLine);
  } finally {
    // Whatever happens, no process outlives its test.
    await hub.ended;
  }
  const { code, stdout, stderr } = await hub.ended;
  const [first, ...rest] = stdout.trimEnd().split("\n");
  assertEquals([code, stderr, rest], [0, "", [first, JSON.stringify(HUB_REPORT)]]);
}
