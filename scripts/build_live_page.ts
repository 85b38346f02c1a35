// Bundles the live page of the hub program into hub/live/assets.gen.js, which the program serves.

import { globSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runProcess } from "./lib/process.ts";

const page = fileURLToPath(new URL("../hub/live/page/", import.meta.url));
const target = fileURLToPath(new URL("../hub/live/assets.gen.js", import.meta.url));

/** Builds the page. */
export async function buildLivePage(): Promise<void> {
  const script = await runProcess([
    Deno.execPath(),
    ...["bundle", "--quiet", "--minify", "--platform=browser"],
    `${page}main.ts`,
  ]);
  const assets = {
    "/": { type: "text/html", text: readFileSync(`${page}index.html`, "utf8") },
    "/page.css": { type: "text/css", text: readFileSync(`${page}page.css`, "utf8") },
    "/page.js": { type: "text/javascript", text: script },
  };
  // At once: another program may read it.
  const written = `${target}.${Deno.pid}`;
  writeFileSync(written, `export const assets = ${JSON.stringify(assets)};\n`);
  renameSync(written, target);
}

/** Builds the page if it was not built since it has changed. The library in it is not looked at. */
export async function ensureLivePage(): Promise<void> {
  const builtAt = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const changedAt = globSync(`${page}*`).map((path) => statSync(path).mtimeMs);
  if (Math.max(...changedAt) > builtAt) await buildLivePage();
}

if (import.meta.main) await buildLivePage();
