import { assertEquals } from "@std/assert";
import { checkSkippedTests } from "../../scripts/checks/skipped_tests.ts";

// In two parts, since the check would find the whole words here.
const IGNORE = "ig" + "nore";
const ONLY = "on" + "ly";

const check = (line: string) => checkSkippedTests("tests/a_test.ts", `// first line\n${line}\n`);

for (
  const line of [
    `Deno.test.${IGNORE}("x", () => {});`,
    `Deno.test.${ONLY}("x", () => {});`,
    `Deno.test({ name: "x", ${IGNORE}: true, fn() {} });`,
    `Deno.test({ name: "x", ${IGNORE}: !hasServer, fn() {} });`,
    `Deno.test({ name: "x", ${ONLY}: true, fn() {} });`,
  ]
) {
  Deno.test(`found: ${line}`, () => {
    assertEquals(check(line), [`tests/a_test.ts:2: skips tests: ${line}`]);
  });
}

Deno.test("tests that run are accepted", () => {
  assertEquals(
    check(`Deno.test("the ${ONLY} one is not ${IGNORE}d", () => {}); // deno-lint-${IGNORE} x`),
    [],
  );
});
