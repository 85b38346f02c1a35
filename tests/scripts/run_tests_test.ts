import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { countTests } from "../../scripts/checks/test_counts.ts";
import { withFiles } from "../support/temp_files.ts";

const RUN_TESTS = fileURLToPath(new URL("../../scripts/run_tests.ts", import.meta.url));

/** Runs run_tests.ts over one test file and returns its exit code and last line. */
function runOver(
  source: string,
  args = ["--no-check"],
): Promise<[code: number, lastLine: string | undefined]> {
  return withFiles({ "deno.json": "{}", "a_test.ts": source }, async (cwd) => {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", RUN_TESTS, ...args],
      cwd,
      stderr: "null",
    }).output();
    return [code, new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)];
  });
}

const PASSING = `Deno.test("a", async (t) => { await t.step("b", () => {}); });`;
const FAILING = `Deno.test("<error > in a name", () => { throw new Error("<failure >"); });`;
const IGNORED = `Deno.test("c", { ${"ig" + "nore"}: true }, () => {});`;

Deno.test("a run in which all tests pass succeeds, steps counted", async () => {
  assertEquals(await runOver(PASSING), [0, "2 passed, 0 failed"]);
});

Deno.test("a run with a failing test fails", async () => {
  assertEquals(await runOver(PASSING + FAILING), [1, "2 passed, 1 failed"]);
});

Deno.test("a run with an ignored test fails", async () => {
  assertEquals(await runOver(PASSING + IGNORED), [1, "2 passed, 0 failed"]);
});

Deno.test("a run in which no test ran fails", async () => {
  assertEquals(await runOver(PASSING, ["--filter=no such test"]), [1, "0 passed, 0 failed"]);
  assertEquals(await runOver(""), [1, "0 passed, 0 failed"]);
});

Deno.test("a run that fails outside of any test fails", async () => {
  assertEquals(await runOver(`${PASSING} throw new Error();`), [1, "0 passed, 1 failed"]);
  assertEquals(await runOver(`${PASSING} const a: number = "b";`, []), [1, "0 passed, 1 failed"]);
});

Deno.test("arguments go to deno test", async () => {
  assertEquals(await runOver(PASSING + FAILING, ["--filter=a", "a_test.ts"]), [1, "2 passed, 1 failed"]);
  assertEquals(await runOver(PASSING + FAILING, ["--filter=/^a/"]), [0, "2 passed, 0 failed"]);
});

Deno.test("outcomes are counted from the tags of the report", () => {
  const junit = `<testcase name="a" time="0.1"></testcase>
    <testcase name="b" time="0.0"><skipped/></testcase>
    <testcase name="c" time="0.1"><failure message="x">x</failure></testcase>
    <testcase name="d" time="0.1"><error message="x"/></testcase>
    <testcase name="left out by --filter"><skipped/></testcase>`;
  assertEquals(countTests(junit, 1), { passed: 1, failed: 2, ignored: 1 });
});
