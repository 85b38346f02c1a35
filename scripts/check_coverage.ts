// Checks the line coverage of core/ and adapters/ in coverage/lcov.info, which `deno task coverage` writes.

import { globSync } from "node:fs";
import { checkCoverage } from "./checks/coverage.ts";

const LIMIT_PERCENT = 95;

const root = new URL("../", import.meta.url);
const lcov = (await Deno.readTextFile(new URL("coverage/lcov.info", root))).replaceAll(root.pathname, "");

const modules: string[] = [];
for (const path of globSync("{core,adapters}/**/*.ts", { cwd: root })) {
  // A module of types alone has no line that could run.
  const hasCode = Object.keys(await import(new URL(path, root).href)).length > 0;
  if (hasCode) modules.push(path);
}

const problems = checkCoverage(lcov, modules, LIMIT_PERCENT);
for (const problem of problems) console.error(problem);
console.log(`Coverage of ${modules.length} modules: ${problems.length} problems`);
Deno.exit(problems.length === 0 ? 0 : 1);
