// Checks what no tool of Deno checks: import directions, exports against files and docs, Markdown links, skipped tests,
// groups of tests, actions of workflows, and the version. Prints one line for each problem and exits with 1 if there is any.

import { existsSync, globSync, readFileSync } from "node:fs";
import config from "../deno.json" with { type: "json" };
import { checkChangelogVersion } from "./checks/changelog_version.ts";
import { checkExports } from "./checks/exports.ts";
import { checkHoverLinks } from "./checks/hover_links.ts";
import { checkImportCircles, checkImportDirections } from "./checks/import_directions.ts";
import { checkMarkdownLinks } from "./checks/markdown_links.ts";
import { readModuleImports } from "./checks/module_graph.ts";
import { checkSkippedTests } from "./checks/skipped_tests.ts";
import { checkTestGroups } from "./checks/test_groups.ts";
import { checkWorkflow } from "./checks/workflows.ts";
import { TEST_GROUPS } from "./test_groups.ts";

const GENERATED = ["node_modules", "coverage", "npm", "npm-hub"];

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const exists = (path: string): boolean => existsSync(new URL(path, root));
const files = globSync("**/*.{ts,js,md}", { cwd: root, exclude: (name) => GENERATED.includes(name) })
  .sort();

const library = files.filter((path) =>
  /^(mod\.ts|(core|adapters|operators|http|react|testing)\/.*\.ts)$/.test(path)
);
// Those that Deno does not check import packages that users install.
const sideRooms = files.filter((path) =>
  /^(examples|bench|scripts|hub)\/.*\.ts$/.test(path) &&
  !config.exclude.some((folder) => path.startsWith(folder))
);
const pages = files.filter((path) => path.endsWith(".md"));
const workflows = globSync(".github/workflows/*.yml", { cwd: root }).sort();
const tests = files.filter((path) => path.startsWith("tests/"));

const imports = await readModuleImports(root, [...library, ...sideRooms]);

const problems = [
  ...checkImportDirections(imports),
  ...checkImportCircles(imports),
  ...checkExports({ exports: config.exports, files, index: read("docs/architecture/event-targets.md") }),
  ...pages.flatMap((path) => checkMarkdownLinks(path, read(path), exists)),
  ...library.flatMap((path) => checkHoverLinks(path, read(path), exists)),
  ...tests.flatMap((path) => checkSkippedTests(path, read(path))),
  ...workflows.flatMap((path) => checkWorkflow(path, read(path))),
  ...checkTestGroups(TEST_GROUPS, tests.filter((path) => path.endsWith("_test.ts"))),
  ...checkChangelogVersion(config.version, read("CHANGELOG.md")),
];

for (const problem of problems) console.error(problem);
console.log(
  `Checked ${imports.length} modules, ${pages.length} pages, ${tests.length} test files: ` +
    `${problems.length} problems`,
);
Deno.exit(problems.length === 0 ? 0 : 1);
