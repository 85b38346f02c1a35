import { assertEquals } from "@std/assert";
import { runProcess } from "../../../scripts/lib/process.ts";
import { startRedis } from "../../support/redis.ts";
import { BUN, bundle, NODE_20, NODE_24, type Runtime } from "../../support/runtimes.ts";

const DENO: Pick<Runtime, "program"> = {
  program: () => Promise.resolve([Deno.execPath(), "run", "-A"]),
};
const RUNTIMES = { "Deno": DENO, "Node": NODE_20, "Node 24": NODE_24, "Bun": BUN };

for (const [name, runtime] of Object.entries(RUNTIMES)) {
  Deno.test(`Redis: events arrive on ${name} with every client library, as text and as bytes`, async () => {
    await using server = await startRedis();
    await using program = await bundle("redis_program.ts");
    const output = await runProcess([...await runtime.program(), program.path, server.path]);
    const lines = output.trim().split("\n");
    assertEquals(JSON.parse(lines.pop() ?? ""), Array(12).fill("hé 🎈"));
    const shown = lines.join("").replace(/[\s"']/g, "").replaceAll(",}", "}");
    const numbers =
      "listeners:{topics:2,count:2},published:{total:1,handedOver:1},heard:{total:2,delivered:2}";
    assertEquals(shown, `RedisEventTarget{status:{state:open},${numbers}}`.repeat(6));
  });
}
