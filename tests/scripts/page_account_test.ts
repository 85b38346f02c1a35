import { assertAlmostEquals, assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { deflatedBits } from "../../scripts/checks/deflated_bits.ts";
import { mappedCode } from "../../scripts/checks/mapped_code.ts";
import { byPurpose, moduleShares, purposeOf } from "../../scripts/checks/page_account.ts";

const ENTRY = "page.js";
const TOPIC = "node_modules/@alkdev/pubsub/esm/core/topic.js";

// Of the first line, 6 characters are of the entry, 6 of the other module, and 6 of no module; so is the end of the line.
const PAGE = {
  code: "one();two();six();\nseven();",
  map: { sources: [ENTRY, TOPIC], mappings: "AAAA,MCAA,M;ADAA,EADF" },
};

Deno.test("mappings are read with differences, signs, lines and code of no source", () => {
  assertEquals(mappedCode(PAGE.map.mappings), [
    { line: 0, column: 0, source: 0 },
    { line: 0, column: 6, source: 1 },
    { line: 0, column: 12, source: undefined },
    { line: 1, column: 0, source: 0 },
    { line: 1, column: 2, source: 0 },
  ]);
  assertEquals(mappedCode("gxBAAA,vBAAA;;A").map(({ line, column }) => [line, column]), [
    [0, 784],
    [0, 761],
    [2, 0],
  ]);
});

Deno.test("the modules of a page add up to its code and to its gzip file, but for the tables", () => {
  const gzip = gzipSync(PAGE.code);
  const shares = moduleShares({ ...PAGE, gzip });
  assertEquals(
    Object.fromEntries(shares.map(({ name, minified }) => [name, minified])),
    { [ENTRY]: 14, [TOPIC]: 6, "": 7 },
  );
  const bits = deflatedBits(gzip).reduce((sum, each) => sum + each, 0);
  assertAlmostEquals(shares.reduce((sum, { gzipped }) => sum + gzipped, 0), bits / 8);
});

Deno.test("modules are put together by their purpose, the largest first", () => {
  const of = (name: string, gzipped: number) => ({ name, minified: 2 * gzipped, gzipped });
  const [entry, topic, envelope] = [of(ENTRY, 10), of(TOPIC, 30), of("esm/core/envelope.js", 20)];
  const checks = purposeOf(TOPIC);
  assertEquals(byPurpose([entry, topic, envelope]), [
    { ...of(checks, 50), modules: [topic, envelope] },
    { ...of("anything else", 10), modules: [entry] },
  ]);
});
