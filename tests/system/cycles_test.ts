import { assert, assertEquals } from "@std/assert";

/** Runs a script that prints what is left after many cycles, and how much the heap grew. */
async function leftBy(script: string): Promise<{ growth: number; counts: Record<string, number> }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--v8-flags=--expose-gc",
      new URL(`../support/programs/${script}`, import.meta.url).pathname,
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  // The child prints it; a leaked timer, socket or listener would have kept it alive.
  const { growth, ...counts } = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, number>;
  assert(growth !== undefined);
  return { growth, counts };
}

const NOTHING = { connectionCount: 0, closingCount: 0, topicCount: 0 };

Deno.test({
  name: "10,000 connect, subscribe, disconnect cycles leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("cycles.ts");
    assertEquals(counts, { ...NOTHING, cycles: 10_000, faults: 0 });
    assert(growth < 2_000_000, `the heap grew by ${growth} bytes in 10,000 cycles`);
  },
});

Deno.test({
  name: "20,000 spokes that go while authorize and the upstream owe them answers leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("gateway_cycles.ts");
    assertEquals(counts, { ...NOTHING, wanted: 0, reported: 1, heard: 1 });
    assert(growth < 2_000_000, `the heap grew by ${growth} bytes in 20,000 cycles`);
  },
});

Deno.test({
  name: "a link that comes back 1,000 times leaves nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("reconnect_cycles.ts");
    assertEquals(counts, { cycles: 1000, connectionCount: 1, closingCount: 0, faults: 0 });
    assert(growth < 1_000_000, `the heap grew by ${growth} bytes in 1,000 cycles`);
  },
});

Deno.test({
  name: "30,000 sharded channels of a Redis Cluster that are used once leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("redis_cycles.ts");
    assertEquals(counts, { channels: 30_000, faults: 0 });
    assert(growth < 3_000_000, `the heap grew by ${growth} bytes in 30,000 channels`);
  },
});
