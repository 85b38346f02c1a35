/** Hubs in the servers of other people, with the packages that npm installs. */
import manifest from "../../examples/servers/package.json" with { type: "json" };
import { COMPILERS } from "./compiler.ts";
import { type InstalledPackage, installPackage } from "./package.ts";
import { BUN, NODE_22, type Runtime } from "./runtimes.ts";

const { "@alkdev/pubsub": _, ...dependencies } = { ...manifest.dependencies, ...manifest.devDependencies };
const PACKAGES = Object.entries(dependencies).map(([name, range]) => `${name}@${range}`);
const TYPES = "@cloudflare/workers-types@4";

/** The Deno that runs the tests. */
export function denoProgram(): Promise<readonly string[]> {
  return Promise.resolve([Deno.execPath(), "run", "-A", "--no-lock"]);
}

/** Servers whose sockets are no event targets, as logging_hub.ts names them. */
export const HANDLED: readonly (readonly [server: string, runtime: string, Runtime["program"]])[] = [
  ["bun", "Bun", BUN.program],
  ["crossws", "Node", NODE_22.program],
  ["crossws", "Bun", BUN.program],
  ["crossws", "Deno", denoProgram],
  ["hono", "Node", NODE_22.program],
  ["hono", "Bun", BUN.program],
  ["hono", "Deno", denoProgram],
];

/** Installs the package beside the servers and further packages, and copies the programs. */
export async function installServers(...others: readonly string[]): Promise<InstalledPackage> {
  const installed = await installPackage([...PACKAGES, TYPES, COMPILERS.typescript, ...others]);
  for (const from of ["examples/servers", "tests/package/servers"]) {
    await copyFolder(new URL(`../../${from}/`, import.meta.url), installed.project.folder);
  }
  return installed;
}

/** Copies the files of a folder, which a package.json does not belong to. */
export async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === "package.json") continue;
    if (!isDirectory) await Deno.copyFile(new URL(name, from), `${to}/${name}`);
    else await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
  }
}
