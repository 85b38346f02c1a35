// Builds the npm package in npm/: ESM and CommonJS, with types for both. It is the only script that needs JSR, for dnt.
// The options of dnt are in npm_build_options.ts. Exits with 1 if the package differs from what is expected.

import { build } from "@deno/dnt";
import { readdirSync } from "node:fs";
import config from "../deno.json" with { type: "json" };
import { checkNpmPackage } from "./checks/npm_package.ts";
import { npmBuildOptions, npmDependencies } from "./npm_build_options.ts";

const DOCUMENTS = ["LICENSE", "README.md", "CHANGELOG.md"];

const options = npmBuildOptions(config);
await Deno.remove(options.outDir, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
await build(options);
for (const file of DOCUMENTS) await Deno.copyFile(file, `${options.outDir}/${file}`);
// dnt installed these packages to check types. npm would not pack them.
await Deno.remove(`${options.outDir}/node_modules`, { recursive: true });

const problems = checkNpmPackage({
  manifest: JSON.parse(await Deno.readTextFile(`${options.outDir}/package.json`)),
  files: readdirSync(options.outDir, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/")),
}, {
  manifest: { ...options.package },
  exports: Object.keys(config.exports),
  formats: ["import", "require"],
  dependencies: npmDependencies(config.imports),
});
for (const problem of problems) console.error(problem);
Deno.exit(problems.length === 0 ? 0 : 1);
