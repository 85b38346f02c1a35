import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { runProcess } from "../../scripts/lib/process.ts";
import { withFiles } from "../support/temp_files.ts";

Deno.test("a process writes no coverage while the coverage of the tests is measured", async () => {
  const variable = "DENO_COVERAGE_DIR";
  const given = Deno.env.get(variable);
  await withFiles({ "program.ts": 'console.log("done");\n' }, async (root) => {
    Deno.env.set(variable, "coverage");
    try {
      const program = [Deno.execPath(), "run", "--no-config", "program.ts"];
      assertEquals(await runProcess(program, { cwd: fileURLToPath(root) }), "done\n");
    } finally {
      if (given === undefined) Deno.env.delete(variable);
      else Deno.env.set(variable, given);
    }
    assertEquals(Array.from(Deno.readDirSync(root), ({ name }) => name), ["program.ts"]);
  });
});
