import { assertEquals } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget, type PubSub } from "@alkdev/pubsub";
import type { SharedRedis } from "../../scripts/lib/redis_server.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { ask, openServer } from "../support/redis.ts";
import { bundle, NODE_22 } from "../support/runtimes.ts";

/** The number of links that connect at once. */
const LINKS = 16;
const FOLDER = "examples/processors";

/** Each link hears what every link publishes, while `command` runs the hubs. */
async function testHubs(
  command: readonly string[],
  port: number,
  countHubs: () => Promise<number>,
  redisUrl = "",
): Promise<void> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    env: { REDIS_URL: redisUrl },
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  try {
    await using stack = new AsyncDisposableStack();
    const heard: Set<string>[] = [];
    const pubsubs: PubSub<{ joined: void }>[] = [];
    const open = (): Promise<void> => {
      const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${port}`), {
        reconnectDelayMs: 100,
        maxReconnectDelayMs: 100,
        // The hubs may not be up yet.
        onError() {},
      });
      stack.use(eventTarget);
      const pubsub = createPubSub<{ joined: void }>({ eventTarget });
      const ids = new Set<string>();
      const joined = pubsub.subscribe("joined");
      void (async () => {
        for await (const { id } of joined) ids.add(id);
      })();
      heard.push(ids);
      pubsubs.push(pubsub);
      return joined.ready;
    };
    // Threads that share a listener take turns only when many connections come at once.
    const openMany = async (): Promise<boolean> => {
      await Promise.race([Promise.all(Array.from({ length: LINKS }, open)), hasEnded]);
      return await countHubs() === navigator.hardwareConcurrency;
    };
    const hasEnded = child.status.then(({ code }) => Promise.reject(new Error(`The hubs ended (${code})`)));
    hasEnded.catch(() => {});
    await eventually(openMany, { timeoutMs: 20_000 });
    for (const [i, { publish }] of pubsubs.entries()) publish("joined", String(i));
    await eventually(() => assertEquals(heard.map(({ size }) => size), heard.map(() => heard.length)));
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

/** Counts the listeners of a TCP port: those of one port are open at the same time with `SO_REUSEPORT` alone. */
async function countListeners(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const table = await Deno.readTextFile("/proc/net/tcp");
  // 0A is LISTEN.
  return table.split("\n").filter((line) => new RegExp(`^ *\\d+: \\w+:${hex} \\w+:0000 0A `).test(line))
    .length;
}

const deno = Deno.execPath();

// With `reusePort`, Linux alone spreads connections.
Deno.test("a hub on each processor, in workers with a hub between them: every link hears every other one", async () => {
  const port = freePort();
  const command = [deno, "run", "-A", "--unstable-net", `${FOLDER}/worker_hubs.ts`, String(port)];
  await testHubs(command, port, () => countListeners(port));
});

Deno.test("a hub on each processor, by deno serve over Redis: every link hears every other one", async () => {
  await using server = await openServer();
  const port = freePort();
  await testHubs(
    [deno, "serve", "--parallel", "--host=127.0.0.1", `--port=${port}`, "-A", `${FOLDER}/redis_hub.ts`],
    port,
    () => countSubscribers(server),
    server.path,
  );
});

Deno.test("a hub on each processor, by node:cluster over Redis: every link hears every other one", async () => {
  await using server = await openServer();
  await using bundled = await bundle("../../../examples/processors/cluster.ts");
  const [node = ""] = await NODE_22.program();
  const port = freePort();
  await testHubs([node, bundled.path, String(port)], port, () => countSubscribers(server), server.path);
});

async function countSubscribers(server: SharedRedis): Promise<number> {
  // PUBSUB NUMSUB answers with the channel and its number of subscribers.
  return Number((await ask(server, "PUBSUB", "NUMSUB", "joined") as unknown[])[1]);
}
