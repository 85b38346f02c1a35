// Checks the line coverage of core/ and adapters/ from the profiles in coverage/, which `deno task coverage` writes.

import { fileURLToPath } from "node:url";
import { globSync } from "node:fs";
import { checkCoverage } from "./checks/coverage.ts";
import { runDeno } from "./lib/run_deno.ts";

const LIMIT_PERCENT = 95;

const root = new URL("../", import.meta.url);
const profiles = new URL("coverage/", root);
// A process that a test kills leaves an empty or a torn profile, and Deno refuses all profiles because of it.
for (const name of globSync("*.json", { cwd: profiles })) {
  const profile = new URL(name, profiles);
  if (!(await Deno.readTextFile(profile)).trimEnd().endsWith("}")) await Deno.remove(profile);
}
const report = new URL("lcov.info", profiles);
const code = await runDeno([
  "coverage",
  "--quiet",
  "--lcov",
  `--output=${fileURLToPath(report)}`,
  fileURLToPath(profiles),
]);
if (code !== 0) Deno.exit(code);
const lcov = (await Deno.readTextFile(report)).replaceAll(fileURLToPath(root), "").replaceAll("\\", "/");

const modules: string[] = [];
for (const path of globSync("{core,adapters}/**/*.ts", { cwd: root })) {
  // A module with only types has no line that can run.
  const hasCode = Object.keys(await import(new URL(path, root).href)).length > 0;
  if (hasCode) modules.push(path);
}

const problems = checkCoverage(lcov, modules, LIMIT_PERCENT);
for (const problem of problems) console.error(problem);
console.log(`Coverage of ${modules.length} modules: ${problems.length} problems`);
Deno.exit(problems.length === 0 ? 0 : 1);
