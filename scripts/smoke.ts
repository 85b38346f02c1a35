// Tests an npm package as users install it: `smoke.ts [folder | tarball]`, by default a new build of this checkout. It runs
// the tests of tests/package/, which `deno task test` runs too, and those of tests/long/package/.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { runDeno } from "./lib/run_deno.ts";

const [given, ...rest] = Deno.args;
if (rest.length > 0) {
  console.error("Cannot test more than one package at once: smoke.ts [folder | tarball]");
  Deno.exit(2);
}
if (given !== undefined) {
  if (!existsSync(given)) {
    console.error(`Cannot test "${given}": no such folder or tarball`);
    Deno.exit(2);
  }
  Deno.env.set("PUBSUB_PACKAGE", resolve(given));
}
Deno.exit(await runDeno(["run", "-A", "scripts/run_tests.ts", "tests/package/", "tests/long/package/"]));
