import { assert, assertEquals } from "@std/assert";

/** Runs a program of this folder, and gives the line that it printed at the end. */
async function run(program: string): Promise<Record<string, number>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", new URL(program, import.meta.url).pathname],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  // The child of this test prints it; a leaked timer, socket or listener would have kept it alive.
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "10,000 connect, subscribe, disconnect cycles leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, ...counts } = await run("_cycles.ts");
    assertEquals(counts, { cycles: 10_000, connectionCount: 0, closingCount: 0, topicCount: 0, faults: 0 });
    assert(growth !== undefined && growth < 2_000_000, `the heap grew by ${growth} bytes in 10,000 cycles`);
  },
});

Deno.test({
  name: "a link that comes back 1,000 times leaves nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, ...counts } = await run("_reconnect_cycles.ts");
    assertEquals(counts, { cycles: 1000, connectionCount: 1, closingCount: 0, faults: 0 });
    assert(growth !== undefined && growth < 1_000_000, `the heap grew by ${growth} bytes in 1,000 cycles`);
  },
});
