import { assertEquals } from "@std/assert";
import { slowCommands } from "../support/redis_history/held.ts";
import { LOADS } from "../support/redis_history/loads.ts";
import { LEAVES_TIMERS, startRedis } from "../support/redis.ts";

Deno.test(
  "no command of a history at its bounds holds Redis for more than 2.5 ms",
  LEAVES_TIMERS,
  async (t) => {
    for (const [name, open] of Object.entries(LOADS)) {
      await t.step(name, async () => {
        await using server = await startRedis();
        await using load = await open(server, 1);
        assertEquals(await slowCommands(server, load), []);
      });
    }
  },
);
