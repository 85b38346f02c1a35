import { assertEquals } from "@std/assert";
import { checkCoverage } from "../../scripts/checks/coverage.ts";

const record = (path: string, found: number, hit: number) =>
  `SF:${path}\nFNF:1\nFNH:1\nDA:1,1\nLH:${hit}\nLF:${found}\nend_of_record\n`;
const LCOV = record("core/a.ts", 80, 80) + record("core/b.ts", 20, 15) + record("tests/x.ts", 900, 0);

Deno.test("coverage at the limit is accepted, and other files do not count", () => {
  assertEquals(checkCoverage(LCOV, ["core/a.ts", "core/b.ts"], 95), []);
});

Deno.test("coverage below the limit is reported", () => {
  assertEquals(checkCoverage(LCOV, ["core/a.ts", "core/b.ts"], 96), [
    "95 of 100 lines ran, which is less than 96 %",
  ]);
});

Deno.test("a module that the report lacks is reported, however high the coverage", () => {
  assertEquals(checkCoverage(LCOV, ["core/a.ts", "core/c.ts"], 95), ["core/c.ts is loaded by no test"]);
});

Deno.test("a run without modules is a problem", () => {
  assertEquals(checkCoverage(LCOV, [], 95), ["0 of 0 lines ran, which is less than 95 %"]);
});
