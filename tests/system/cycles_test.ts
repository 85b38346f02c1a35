import { assert, assertEquals } from "@std/assert";
import { leftBy } from "../support/left_by.ts";

const NOTHING = { connectionCount: 0, closingCount: 0, topicCount: 0 };

Deno.test({
  name: "10,000 connect, subscribe, disconnect cycles leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("cycles.ts");
    assertEquals(counts, { ...NOTHING, cycles: 10_000, faults: 0 });
    // The hub remembers the numbers of 10,000 links for ten minutes, in some 250 bytes each.
    assert(growth < 3_500_000, `the heap grew by ${growth} bytes in 10,000 cycles`);
  },
});

Deno.test({
  name: "20,000 spokes that leave while authorize and the upstream owe them answers leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("gateway_cycles.ts");
    assertEquals(counts, { ...NOTHING, wanted: 0, reported: 1, heard: 1 });
    assert(growth < 2_000_000, `the heap grew by ${growth} bytes in 20,000 cycles`);
  },
});

Deno.test({
  name: "1,000 hubs that are closed leave nothing behind on the upstream that they shared",
  timeout: 120_000,
  async fn() {
    const { counts } = await leftBy("closed_hubs.ts");
    assertEquals(counts, { hubs: 1000, reachable: 0, topics: 0 });
  },
});

Deno.test({
  name: "a link that reconnects 1,000 times leaves nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("reconnect_cycles.ts");
    assertEquals(counts, { cycles: 1000, connectionCount: 1, closingCount: 0, faults: 0 });
    assert(growth < 1_000_000, `the heap grew by ${growth} bytes in 1,000 cycles`);
  },
});

// A leaked channel or lane makes it at least 2 MB. tests/long/ has the same test with 30,000 channels.
Deno.test({
  name: "5,000 sharded channels of a Redis Cluster that are used once leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("redis_cycles.ts", "5000");
    assertEquals(counts, { channels: 5000, faults: 0 });
    assert(growth < 500_000, `the heap grew by ${growth} bytes in 5,000 channels`);
  },
});
