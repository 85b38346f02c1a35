// Installs `@number0/iroh` beside the tests, unless it is installed already. It uses npm, since Deno's own resolver fails
// on the optional packages for other platforms. Nothing in the library imports the package.

import { NPM } from "./lib/npm_project.ts";
import iroh from "../tests/support/iroh_package/package.json" with { type: "json" };

const folder = new URL("../tests/support/iroh_package/", import.meta.url);

/** Installs the package. Exits with 1 if npm fails. */
export async function installIroh(): Promise<void> {
  if (await installedVersion() === iroh.dependencies["@number0/iroh"]) return;
  // Not "ci" with a lock file, which fails on packages that the registry lacks. All versions are exact.
  const [command = "", ...args] = [...NPM, "install", "--no-package-lock", "--no-audit", "--no-fund"];
  const npm = new Deno.Command(command, { args, cwd: folder, stdout: "null" });
  const installed = await npm.spawn().status.then(({ success }) => success, () => false);
  if (installed) return;
  console.error(
    "npm could not install @number0/iroh: install Node with npm, and check that npm reaches its registry",
  );
  Deno.exit(1);
}

async function installedVersion(): Promise<unknown> {
  try {
    const manifest = new URL("node_modules/@number0/iroh/package.json", folder);
    return JSON.parse(await Deno.readTextFile(manifest)).version;
  } catch {
    return undefined;
  }
}

if (import.meta.main) await installIroh();
