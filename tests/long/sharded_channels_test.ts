import { assert, assertEquals } from "@std/assert";
import { leftBy } from "../support/left_by.ts";

Deno.test({
  name: "30,000 sharded channels of a Redis Cluster that are used once leave nothing behind",
  timeout: 120_000,
  async fn() {
    const { growth, counts } = await leftBy("redis_cycles.ts", "30000");
    assertEquals(counts, { channels: 30_000, faults: 0 });
    assert(growth < 3_000_000, `the heap grew by ${growth} bytes in 30,000 channels`);
  },
});
