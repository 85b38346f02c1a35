// What does a history in Redis cost: on the way, in Redis' time, and in its memory?
//
// `deno run -A bench/redis_history.ts`. Its rows come from `_redis_history_turns.ts`.

import { fileURLToPath } from "node:url";
import { runProcess } from "../scripts/lib/process.ts";
import { startRedis } from "../scripts/lib/redis_server.ts";

const server = await startRedis();
try {
  const program = fileURLToPath(new URL("_redis_history_turns.ts", import.meta.url));
  console.log(
    await runProcess([Deno.execPath(), "run", "-A", "--no-check", program, server.path], {
      timeoutMs: 300_000,
    }),
  );
} finally {
  await server[Symbol.asyncDispose]();
}
