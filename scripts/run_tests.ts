// Runs the tests: the groups of test_groups.ts that run by default, or the files and folders among the arguments. Options
// go to `deno test`. Also fails if a test was ignored or no test ran, which Deno accepts. The last line is
// "N passed, N failed".

import { globSync } from "node:fs";
import { countTests, type TestCounts } from "./checks/test_counts.ts";
import { installIroh } from "./install_iroh.ts";
import { installNginx, installRedis } from "./install_servers.ts";
import { runDeno } from "./lib/run_deno.ts";
import { filesOf, TEST_GROUPS, type TestGroup } from "./test_groups.ts";

/** The names that Deno takes for test files. */
const TEST_FILE = /(^|[/_.])test\.[cm]?[jt]sx?$/;

await installIroh();
await installRedis();
await installNginx();

const runs = Deno.args.every((arg) => arg.startsWith("-")) ? await runGroups() : [await run(Deno.args)];
const total = (outcome: keyof TestCounts): number => runs.reduce((sum, counts) => sum + counts[outcome], 0);
const [passed, failed, ignored] = [total("passed"), total("failed"), total("ignored")];
if (ignored > 0) console.error(`${ignored} ignored: a test that does not run proves nothing`);
if (passed + failed === 0) console.error("No test ran");
console.log(`${passed} passed, ${failed} failed`);
Deno.exitCode = passed > 0 && failed === 0 && ignored === 0 ? 0 : 1;

/** Runs the groups one after the other, whether or not one of them fails. */
async function runGroups(): Promise<TestCounts[]> {
  const files = globSync("**/*", { exclude: (name) => ["node_modules", "coverage", "npm"].includes(name) })
    .filter((path) => TEST_FILE.test(path)).sort();
  const runs: TestCounts[] = [];
  for (const group of TEST_GROUPS) {
    const members = filesOf(group, files);
    if (members.length === 0) continue;
    if (!group.byDefault) {
      console.log(`\nNot run: ${members.length} files of the group "${group.name}"`);
      continue;
    }
    console.log(`\nTests, ${group.name}: ${members.length} files`);
    const start = performance.now();
    const counts = await run([...optionsOf(group, runs.length === 0), ...members]);
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`Tests, ${group.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
    runs.push(counts);
  }
  return runs;
}

/** The options of a group: those among our arguments that apply to it, and its own. */
function optionsOf({ parallel, coverage }: TestGroup, isFirst: boolean): string[] {
  const given = Deno.args.filter((arg) =>
    // A later group must not remove what an earlier one has measured.
    (coverage || !arg.startsWith("--coverage")) && (arg !== "--clean" || (coverage && isFirst))
  );
  return parallel ? ["--parallel", ...given] : given;
}

async function run(args: readonly string[]): Promise<TestCounts> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const code = await runDeno(["test", "-A", `--junit-path=${report}`, ...args]);
    return countTests(await Deno.readTextFile(report), code);
  } finally {
    await Deno.remove(report);
  }
}
