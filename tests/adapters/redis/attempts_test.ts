import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { capturePrinted } from "../../support/printed.ts";
import { disconnect, LEAVES_TIMERS, LIBRARIES, openTarget, startRedis } from "../../support/redis.ts";
import { CLUSTERS } from "../../support/redis_cluster.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

for (const library of libraries) {
  const Client = LIBRARIES[library];

  Deno.test(`Redis by ${library}: each failed attempt of both clients is one report, with its server, its number and what it means`, async () => {
    await using server = await startRedis();
    using proxies = new DisposableStack();
    const peer = `${server.path}.proxy`;
    const options = { password: "", retryStrategy: () => 10 };
    await using open = openTarget({
      publishClient: new Client(peer, options),
      subscribeClient: new Client(peer, options),
    });
    await eventually(() => open.faults.length >= 6);
    const seen = open.faults.slice(0, 6);
    assertEquals(seen.map(({ context }) => context.attempt), upTo(6));
    for (const { error, context } of seen) {
      assertEquals([context.peer, context.stage], [peer, "connect"]);
      const { message, cause } = error as Error;
      assertMatch(message, /^Cannot connect to Redis, since nothing listens there: connect ENOENT/);
      assert(cause instanceof Error && message.endsWith(cause.message));
    }
    proxies.use(startRedisProxy(server.path));
    await eventually(() => assertEquals(open.target.status, { state: "open" }));
  });

  Deno.test(`Redis by ${library}: the status has each attempt before Redis is reached for the first time`, async () => {
    await using server = await startRedis();
    using proxies = new DisposableStack();
    const statuses: EventTargetStatus[] = [];
    const options = { retryStrategy: (times: number) => times * 5 };
    await using open = openTarget({
      publishClient: new Client(`${server.path}.proxy`, options),
      subscribeClient: new Client(`${server.path}.proxy`, options),
      onStatus: (status) => void statuses.push(status),
    });
    await eventually(() => statuses.length >= 4);
    assertEquals(
      statuses.slice(0, 4),
      upTo(4).map((attempt) => ({ state: "connecting", attempt, delayMs: attempt * 5 })),
    );
    proxies.use(startRedisProxy(server.path));
    await eventually(() => assertEquals(open.target.status, { state: "open" }));
    assertEquals(statuses.map(({ state }) => state), [
      ...statuses.slice(1).map(() => "connecting"),
      "open",
    ]);
  });

  Deno.test(`Redis by ${library}: a wrong password is printed once for each attempt, with what it means`, async () => {
    await using server = await startRedis({ args: ["--requirepass", "right"] });
    using printed = capturePrinted();
    const options = { password: "wrong", retryStrategy: (times: number) => times > 2 ? null : 5 };
    const [publishClient, subscribeClient] = [
      new Client(server.path, options),
      new Client(server.path, options),
    ];
    const target = createRedisEventTarget({ publishClient, subscribeClient });
    // The client that ends last must not print its own errors.
    for (const client of [publishClient, subscribeClient]) client.on("error", () => {});
    await target.closed;
    await eventually(() => [publishClient, subscribeClient].every(({ status }) => status === "end"));
    const lines = printed.lines.filter((line) => line.startsWith("[@alkdev/pubsub]"));
    assertEquals(lines.length, 3, lines.join("\n"));
    for (const [i, line] of lines.entries()) {
      assertMatch(line, /since it does not accept the user and the password: WRONGPASS/);
      assert(line.includes(`connect ${server.path} (attempt ${i + 1})`), line);
    }
  });
}

// These tests leave timers, so they come last.

Deno.test({
  name: "Redis: the attempts of clients that fail differently, or at different servers, are reported each",
  ...LEAVES_TIMERS,
  async fn() {
    await using server = await startRedis({ args: ["--requirepass", "right"] });
    const Client = LIBRARIES["ioredis 5"];
    const retryStrategy = () => 10;
    await using open = openTarget({
      publishClient: new Client(server.path, { password: "right" }),
      subscribeClient: new Client(server.path, { password: "wrong", retryStrategy }),
    });
    await eventually(() => open.faults.length >= 3);
    assertEquals(open.faults.slice(0, 3).map(({ context }) => context.attempt), upTo(3));

    const paths = [`${server.path}.1`, `${server.path}.2`];
    const [publishClient, subscribeClient] = paths.map((path) => new Client(path, { retryStrategy }));
    assert(publishClient && subscribeClient);
    const seen: unknown[] = [];
    const target = createRedisEventTarget({
      publishClient,
      subscribeClient,
      onError: (_, { peer, attempt }) => void seen.push([peer, attempt].join(" ")),
    });
    await eventually(() => seen.length >= 4);
    assertEquals(seen.slice(0, 4).sort(), paths.flatMap((path) => [`${path} 1`, `${path} 2`]));
    await target.close();
    await disconnect(publishClient, subscribeClient);
  },
});

Deno.test({
  name: "Redis Cluster: each failed attempt of one client in both roles is one report and one status",
  ...LEAVES_TIMERS,
  async fn() {
    for (const Cluster of Object.values(CLUSTERS)) {
      const nodes = [{ host: "127.0.0.1", port: 1 }];
      const client = new Cluster(nodes, { clusterRetryStrategy: () => 10 });
      const statuses: EventTargetStatus[] = [];
      const faults: (readonly [attempt: number | undefined, message: string])[] = [];
      const eventTarget = createRedisEventTarget({
        publishClient: client,
        subscribeClient: client,
        onStatus: (status) => void statuses.push(status),
        onError: ({ message }, { attempt }) => void faults.push([attempt, message]),
      });
      createPubSub({ eventTarget }).subscribe("news");
      await eventually(() => faults.length >= 3);
      assertEquals(faults.slice(0, 3).map(([attempt]) => attempt), upTo(3));
      assertMatch(String(faults[0]?.[1]), /Failed to refresh slots cache\. .*Connection is closed/);
      assertEquals(statuses.slice(0, 2).map(({ state, attempt }) => [state, attempt]), [
        ["connecting", 1],
        ["connecting", 2],
      ]);
      await eventTarget.close();
      client.disconnect();
    }
  },
});

Deno.test({
  name: "Redis: a failed attempt to ask the Sentinels names the master, each time once",
  ...LEAVES_TIMERS,
  async fn() {
    for (const Client of Object.values(LIBRARIES)) {
      const sentinels = [{ host: "127.0.0.1", port: 1 }];
      const connect = () =>
        new Client({ sentinels, name: "main", sentinelRetryStrategy: (times) => times * 5 });
      await using open = openTarget({ publishClient: connect(), subscribeClient: connect() });
      await eventually(() => open.faults.length >= 3);
      const { error, context } = open.faults[0] ?? {};
      assertEquals(context?.peer, "main of the Sentinels");
      assertMatch(String(error), /since no Sentinel names a master: All sentinels are unreachable/);
      const texts = open.faults.map((fault) => String(fault.error));
      assertEquals(texts, [...new Set(texts)]);
    }
  },
});
