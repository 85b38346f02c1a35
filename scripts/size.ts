// Prints how many bytes a browser loads for the core and the WebSocket client: minified by esbuild and by terser, plain
// and gzipped. Prints for each module how many bytes less it would be without it. Exits with 1 over the limit.

import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { bundleSections } from "./checks/bundle_sections.ts";
import { npmDependencies } from "./npm_build_options.ts";
import { NpmProject } from "./lib/npm_project.ts";

/** The most bytes that a page may load, gzipped. */
const LIMIT_BYTES = 8 * 1024;

const TOOLS = ["esbuild@0.28.2", "terser@5.51.2"];

/** A page that is a spoke. It exports nothing, so that a bundle without one of its modules can still be minified. */
const PAGE = `
import { createPubSub } from "./core/create_pubsub.ts";
import { ConnectionLostError, RefusedError, SubscriptionOverflowError } from "./core/errors.ts";
import { createWebSocketClientEventTarget } from "./adapters/websocket_client.ts";
use(createPubSub, createWebSocketClientEventTarget);
use(ConnectionLostError, RefusedError, SubscriptionOverflowError);
`;

const MEASURE = `
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
const bytes = readFileSync("code.min.js");
console.log(JSON.stringify({ minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length }));
`;

const MINIFIERS = {
  esbuild: ["--minify", "--format=esm", "--target=es2022"],
  terser: ["--module", "--ecma", "2022", "--compress", "passes=3", "--mangle"],
} as const;
type Minifier = keyof typeof MINIFIERS;

const root = fileURLToPath(new URL("../", import.meta.url));

await using project = await NpmProject.create();
const dependencies = Object.entries(npmDependencies(config.imports)).map(([name, range]) =>
  `${name}@${range}`
);
await project.install(...TOOLS, ...dependencies);
for (const folder of ["core", "adapters"]) await Deno.symlink(`${root}${folder}`, project.path(folder));
await project.write({ "page.ts": PAGE, "measure.mjs": MEASURE });
const bundling = ["--bundle", "--format=esm", "--target=es2022", "--preserve-symlinks"];
const bundle = await project.run(project.bin("esbuild"), "page.ts", ...bundling);

console.log(`minified  gzipped  (bytes, of ${LIMIT_BYTES} gzipped)`);
let tooLarge = false;
for (const minifier of ["esbuild", "terser"] as const) {
  const { minified, gzipped } = await measure(bundle, minifier);
  tooLarge ||= gzipped > LIMIT_BYTES;
  print(minified, gzipped, `everything, by ${minifier}`);
}
const whole = await measure(bundle, "esbuild");
for (const { path, code } of bundleSections(bundle)) {
  const rest = await measure(bundle.replace(code, ""), "esbuild");
  print(whole.minified - rest.minified, whole.gzipped - rest.gzipped, path);
}
if (tooLarge) console.error(`The limit is ${LIMIT_BYTES} bytes`);
Deno.exitCode = tooLarge ? 1 : 0;

async function measure(code: string, minifier: Minifier): Promise<{ minified: number; gzipped: number }> {
  await project.write({ "code.js": code });
  await project.write({
    "code.min.js": await project.run(project.bin(minifier), "code.js", ...MINIFIERS[minifier]),
  });
  // With zlib of Node: that of Deno compresses less than servers do.
  return JSON.parse(await project.run("node", "measure.mjs"));
}

function print(minified: number, gzipped: number, what: string): void {
  console.log(`${String(minified).padStart(8)} ${String(gzipped).padStart(8)}  ${what}`);
}
