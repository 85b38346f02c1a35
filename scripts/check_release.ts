// Checks that a release is ready: `check_release.ts v1.2.3 [folder]`. The tag, deno.json and the changelog must name
// the same version, and no page and no published module may hold a passage for the time before the release. The folder is
// this repository by default. Prints one line for each problem and exits with 1 if there is any.

import { globSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { checkBeforeRelease } from "./checks/before_release.ts";
import { checkReleaseTag } from "./checks/release_tag.ts";

const GENERATED = ["node_modules", "coverage", "npm", "npm-hub"];

const [tag = "", folder] = Deno.args;
const root = folder === undefined ? new URL("../", import.meta.url) : pathToFileURL(`${folder}/`);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const texts = globSync(["**/*.md", "mod.ts", "{core,adapters,operators}/**/*.ts"], {
  cwd: root,
  exclude: (name) => GENERATED.includes(name),
}).sort();

const problems = [
  ...checkReleaseTag({
    tag,
    version: JSON.parse(read("deno.json")).version,
    changelog: read("CHANGELOG.md"),
  }),
  ...texts.flatMap((path) => checkBeforeRelease(path, read(path))),
];

for (const problem of problems) console.error(problem);
Deno.exit(problems.length === 0 ? 0 : 1);
