import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, LEAVES_TIMERS, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { CLUSTERS } from "../../support/redis_cluster.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { news: unknown };
const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];

Deno.test("Redis: autoResubscribe of a client is on again once its last event target is closed, sharded or not", async () => {
  await using server = await startRedis();
  const rejections = await unhandledRejections(async () => {
    await using classic = openRedis(server, "ioredis 5");
    const { publishClient, subscribeClient } = classic;
    const stages: string[] = [];
    const sharded = createRedisEventTarget({
      publishClient,
      subscribeClient,
      sharded: true,
      onError: (_, { stage }) => void stages.push(stage),
    });
    const subscription = createPubSub<Events>({ eventTarget: sharded }).subscribe("news", "1");
    await subscription.ready;
    await classic.target.close();
    assertEquals(subscribeClient.options.autoResubscribe, false);
    // If ioredis itself subscribed again, its refusal would be an unhandled rejection.
    await ask(server, "ACL", "SETUSER", "default", "resetchannels");
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await assertRejects(() => subscription.next());
    await sharded.close();
    assertEquals(subscribeClient.options.autoResubscribe, true);
    assertEquals(stages, ["subscribe"]);
  });
  assertEquals(rejections, []);
});

Deno.test("Redis: autoResubscribe is off for an event target that replaces one that closed without a server", async () => {
  await using server = await startRedis();
  using proxies = new DisposableStack();
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: `${server.path}.proxy` } });
  const { publishClient, subscribeClient } = open;
  await open.target.close();
  const second = createRedisEventTarget({ publishClient, subscribeClient, onError() {} });
  proxies.use(startRedisProxy(server.path));
  await eventually(() => second.status.state === "open");
  assertEquals(subscribeClient.options.autoResubscribe, false);
  await second.close();
  assertEquals(subscribeClient.options.autoResubscribe, true);
});

Deno.test("Redis: an event target that a listener closes at its end does not disturb its replacement", async () => {
  await using server = await startRedis();
  using proxies = new DisposableStack();
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: `${server.path}.proxy` } });
  const { target, publishClient, subscribeClient } = open;
  const ended = Promise.withResolvers<void>();
  target.listen("news", "1", { onEvent() {}, onEnd: () => void target.close().then(ended.resolve) });
  publishClient.disconnect();
  await target.closed;
  await using other = openTarget({ publishClient: new LIBRARIES["ioredis 5"](server.path), subscribeClient });
  await ended.promise;
  proxies.use(startRedisProxy(server.path));
  const next = createRedisEventTarget({ publishClient: other.publishClient, subscribeClient });
  const received: unknown[] = [];
  other.target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
  next.listen("news", "1", { onEvent() {} });
  await next.flush();
  await next.close();
  other.target.publish({ type: "news", id: "1", payload: "received" });
  await other.target.flush();
  assertEquals(received, ["received"]);
});

for (const library of libraries) {
  Deno.test(`Redis by ${library}: events that are published turn by turn keep their order with enableAutoPipelining`, async () => {
    await using server = await startRedis();
    const Client = LIBRARIES[library];
    await using open = openTarget({
      publishClient: new Client(server.path, { enableAutoPipelining: true }),
      subscribeClient: new Client(server.path),
    });
    const received: unknown[] = [];
    open.target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
    await open.target.flush();
    for (const payloads of [[1], [2, 3], [4], [5, 6]]) {
      for (const payload of payloads) open.target.publish({ type: "news", id: "1", payload });
      await null;
    }
    await open.target.flush();
    assertEquals(received, [1, 2, 3, 4, 5, 6]);
  });
}

// These tests leave timers, so they come last.

for (const library of libraries) {
  for (const method of ["disconnect", "quit"] as const) {
    Deno.test({
      name: `Redis by ${library}: ${method}() while the client waits to reconnect ends the event target`,
      ...LEAVES_TIMERS,
      async fn() {
        await using server = await startRedis();
        const Client = LIBRARIES[library];
        await using open = openTarget({
          publishClient: new Client(server.path),
          subscribeClient: new Client(`${server.path}.nobody`, { retryStrategy: () => 50 }),
        });
        const { target, subscribeClient } = open;
        const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
        await eventually(() => subscribeClient.status === "reconnecting");
        void subscribeClient[method]();
        await assertRejects(() => subscription.next(), ConnectionLostError);
        assert(await target.closed instanceof ConnectionLostError);
      },
    });
  }
}

const LONG_MS = 1000;

for (
  const [kind, connect] of [
    ["Redis", () => new LIBRARIES["ioredis 5"]({ port: 1, retryStrategy: () => LONG_MS })],
    [
      "Cluster",
      () =>
        new CLUSTERS["ioredis 5"]([{ host: "127.0.0.1", port: 1 }], { clusterRetryStrategy: () => LONG_MS }),
    ],
  ] as const
) {
  Deno.test({
    name: `Redis: the event target does not end while a ${kind} waits long to reconnect`,
    ...LEAVES_TIMERS,
    async fn() {
      const [publishClient, subscribeClient] = [connect(), connect()];
      const target = createRedisEventTarget({ publishClient, subscribeClient, onError() {} });
      let attempts = 0;
      subscribeClient.on("reconnecting", () => void attempts++);
      await eventually(() => attempts === 2);
      assertEquals(target.status.state, "connecting");
      await target.close();
      for (const client of [publishClient, subscribeClient]) client.disconnect();
    },
  });
}

Deno.test({
  name: "Redis Cluster: disconnect() while the client waits to reconnect ends the event target",
  ...LEAVES_TIMERS,
  async fn() {
    const client = new CLUSTERS["ioredis 5"]([{ host: "127.0.0.1", port: 1 }]);
    const target = createRedisEventTarget({ publishClient: client, subscribeClient: client, onError() {} });
    await eventually(() => client.status === "reconnecting");
    client.disconnect();
    assert(await target.closed instanceof ConnectionLostError);
  },
});
