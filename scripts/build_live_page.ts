// Bundles the live page of the hub program into hub/live/assets.gen.js, which the program serves.

import { readFileSync, writeFileSync } from "node:fs";
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
  writeFileSync(target, `export const assets = ${JSON.stringify(assets)};\n`);
}

if (import.meta.main) await buildLivePage();
