import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";

Deno.test("operators keep no memory of two hundred thousand values", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--expose-gc",
      fileURLToPath(new URL("../support/operators/memory.ts", import.meta.url)),
    ],
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  const kept: Record<string, number> = JSON.parse(decoder.decode(stdout));
  assert(Object.keys(kept).length > 20);
  // 5.5 bytes for each measured value, where a single pointer takes eight. A window of a time rightly holds up to 16,384
  // values, of about 40 bytes each.
  for (const [name, bytes] of Object.entries(kept)) {
    assert(typeof bytes === "number" && bytes < 1_000_000, `${name} keeps ${bytes} bytes`);
  }
});
