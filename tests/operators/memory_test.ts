import { assert, assertEquals } from "@std/assert";

Deno.test("operators keep nothing of a million values", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--expose-gc",
      new URL("../support/operators/memory.ts", import.meta.url).pathname,
    ],
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  const kept: Record<string, number> = JSON.parse(decoder.decode(stdout));
  assert(Object.keys(kept).length > 20);
  // A single promise for each value would be a hundred megabytes.
  for (const [name, bytes] of Object.entries(kept)) {
    assert(typeof bytes === "number" && bytes < 3_000_000, `${name} keeps ${bytes} bytes`);
  }
});
