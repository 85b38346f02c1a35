// What does it cost to go through Redis, on every runtime and with both majors of ioredis?
//
// `deno run -A bench/redis_runtimes.ts`. Its rows come from `_redis_turns.ts`, bundled, so that Node can run it.

import { fileURLToPath } from "node:url";
import { runProcess } from "../scripts/lib/process.ts";
import { startRedis } from "../scripts/lib/redis_server.ts";

const PACKAGES = [
  "ioredis@5.11.1",
  "ioredis6@npm:ioredis@6.0.0",
  "@graphql-yoga/redis-event-target@3.0.4",
  "@graphql-yoga/subscription@5.1.1",
  "@repeaterjs/repeater@3.1.0",
  "graphql-redis-subscriptions@2.7.0",
  "graphql-subscriptions@3.0.0",
];
const RUNTIMES = {
  "Deno": [Deno.execPath(), "run", "-A", "--no-check", "--node-modules-dir=manual"],
  "Node 20": ["npx", "-y", "node@20"],
  "Bun": ["npx", "-y", "bun"],
};

const directory = await Deno.makeTempDir({ prefix: "pubsub-bench-" });
const options = { cwd: directory, timeoutMs: 600_000 };
const server = await startRedis();
try {
  const program = `${directory}/turns.mjs`;
  const source = fileURLToPath(new URL("_redis_turns.ts", import.meta.url));
  await runProcess([
    Deno.execPath(),
    "bundle",
    "--quiet",
    "--packages=external",
    `--output=${program}`,
    source,
  ]);
  await Deno.writeTextFile(`${directory}/package.json`, '{ "private": true }');
  await runProcess(["npm", "install", "--silent", "--legacy-peer-deps", ...PACKAGES], options);
  const rows: Record<string, number> = {};
  for (const [runtime, command] of Object.entries(RUNTIMES)) {
    const printed = await runProcess([...command, program, runtime, server.path], options);
    Object.assign(rows, JSON.parse(printed).rows);
  }
  console.log(JSON.stringify({ rows }));
} finally {
  await server[Symbol.asyncDispose]();
  await Deno.remove(directory, { recursive: true });
}
