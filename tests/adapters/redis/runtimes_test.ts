import { assertEquals } from "@std/assert";
import { runProcess } from "../../../scripts/lib/process.ts";
import { startRedis } from "../../support/redis.ts";
import { BUN, bundle, NODE_20, NODE_24 } from "../../support/runtimes.ts";

for (const [name, runtime] of Object.entries({ "Node": NODE_20, "Node 24": NODE_24, "Bun": BUN })) {
  Deno.test(`Redis: events arrive on ${name} with every client library, as text and as bytes`, async () => {
    await using server = await startRedis();
    await using program = await bundle("redis_program.ts");
    const received = await runProcess([...await runtime.program(), program.path, server.path]);
    assertEquals(JSON.parse(received), Array(12).fill("hé 🎈"));
  });
}
