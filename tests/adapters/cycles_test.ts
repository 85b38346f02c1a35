import { assert, assertEquals } from "@std/assert";

Deno.test({
  name: "10,000 connect, subscribe, disconnect cycles leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--v8-flags=--expose-gc", new URL("_cycles.ts", import.meta.url).pathname],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    // The child of this test prints it; a leaked timer, socket or listener would have kept it alive.
    const { growth, ...counts } = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, number>;
    assertEquals(counts, { cycles: 10_000, connectionCount: 0, closingCount: 0, topicCount: 0, faults: 0 });
    assert(growth !== undefined && growth < 2_000_000, `the heap grew by ${growth} bytes in 10,000 cycles`);
  },
});
