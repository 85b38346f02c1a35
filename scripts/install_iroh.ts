// Installs `@number0/iroh` beside the tests, if it is not there yet. It takes npm: Deno's own resolver gives up over
// the optional packages of other platforms. Nothing in the library imports it.

import iroh from "../tests/support/iroh_package/package.json" with { type: "json" };

const folder = new URL("../tests/support/iroh_package/", import.meta.url);

/** Installs it. Exits with 1 if npm cannot. */
export async function installIroh(): Promise<void> {
  if (await installedVersion() === iroh.dependencies["@number0/iroh"]) return;
  // Not "ci" with a lock file, which fails over the packages that are not in the registry; all versions are exact.
  const args = ["install", "--no-package-lock", "--no-audit", "--no-fund"];
  const npm = new Deno.Command("npm", { args, cwd: folder, stdout: "null" });
  const installed = await npm.spawn().status.then(({ success }) => success, () => false);
  if (installed) return;
  console.error("npm could not install @number0/iroh: it takes npm, which comes with Node, and its registry");
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
