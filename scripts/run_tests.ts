// Runs `deno test` and fails on what Deno lets pass: ignored tests, and a run in which no test ran. Arguments go to
// `deno test`; without a path among them, all of tests/ runs. The last line is "N passed, N failed".

import { countTests } from "./checks/test_counts.ts";
import { installIroh } from "./install_iroh.ts";
import { installRedis } from "./install_redis.ts";
import { runDeno } from "./run_deno.ts";

await installIroh();
await installRedis();

const report = await Deno.makeTempFile({ suffix: ".xml" });
try {
  const code = await runDeno(["test", "-A", `--junit-path=${report}`, ...Deno.args]);
  const { passed, failed, ignored } = countTests(await Deno.readTextFile(report), code);
  if (ignored > 0) console.error(`${ignored} ignored: a test that does not run proves nothing`);
  if (passed + failed === 0) console.error("No test ran");
  console.log(`${passed} passed, ${failed} failed`);
  Deno.exitCode = passed > 0 && failed === 0 && ignored === 0 ? 0 : 1;
} finally {
  await Deno.remove(report);
}
