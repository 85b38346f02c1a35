import { assertEquals } from "@std/assert";
import { slowCommands } from "../../support/redis_history/held.ts";
import { LOADS } from "../../support/redis_history/loads.ts";
import { disconnect, LEAVES_TIMERS, LIBRARIES, startRedis } from "../../support/redis.ts";

/** The part of each load that takes no longer than a unit test may. The long test runs all of it. */
const SIZE = 0.05;

Deno.test("no command of a history holds Redis for more than 2.5 ms", LEAVES_TIMERS, async (t) => {
  await using server = await startRedis();
  for (const [name, open] of Object.entries(LOADS)) {
    if (name.includes("expire")) continue;
    await t.step(name, async () => {
      await using load = await open(server, SIZE);
      assertEquals(await slowCommands(server, load), []);
    });
  }
});

Deno.test("a command that holds Redis for longer is found, also among others", LEAVES_TIMERS, async () => {
  await using server = await startRedis();
  const client = new LIBRARIES["ioredis 5"](server.path);
  await using load = {
    async *run() {
      for (let i = 0; i < 3; i++) {
        await client.call("EVAL", "for i = 1, tonumber(ARGV[1]) do end", "0", i === 1 ? "2e7" : "10");
        yield;
      }
    },
    [Symbol.asyncDispose]: () => disconnect(client),
  };
  assertEquals((await slowCommands(server, load)).length, 1);
});
