import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { ask, disconnect, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { news: unknown };

Deno.test("Redis: a refusal by a busy server is not final", async () => {
  await using server = await startRedis({ args: ["--busy-reply-threshold", "1"] });
  await using open = openRedis(server, "ioredis 5");
  await eventually(() => open.target.status.state === "open");
  // A connection that is opened meanwhile would never become ready.
  const [busy, other] = [new LIBRARIES["ioredis 5"](server.path), new LIBRARIES["ioredis 5"](server.path)];
  await Promise.all([busy.ping(), other.ping()]);
  const script = busy.call("EVAL", "while true do end", "0").catch(() => "killed");
  await eventually(() => other.ping().then(() => false, (error) => /BUSY/.test(String(error))));
  const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news", "1");
  await eventually(() => assertEquals(open.faults.map(({ context }) => context.stage), ["subscribe"]));
  assertMatch(String(open.faults[0]?.error), /BUSY/);
  await other.call("SCRIPT", "KILL");
  assertEquals(await script, "killed");
  await disconnect(busy, other);
  await subscription.ready;
});

Deno.test("Redis: clients that wait for their first command are connected", async () => {
  await using server = await startRedis();
  const Client = LIBRARIES["ioredis 5"];
  await using open = openTarget({
    publishClient: new Client(server.path, { lazyConnect: true }),
    subscribeClient: new Client(server.path, { lazyConnect: true }),
  });
  const pubsub = createPubSub<Events>({ eventTarget: open.target });
  const subscription = pubsub.subscribe("news", "1");
  await subscription.ready;
  pubsub.publish("news", "1", "first");
  assertEquals((await subscription.next()).value?.payload, "first");
  assertEquals(open.target.status.state, "open");
});

Deno.test("Redis: clients that wait for their first command and find no server try again", async () => {
  await using server = await startRedis();
  const rejections = await unhandledRejections(async () => {
    using proxies = new DisposableStack();
    const options = { lazyConnect: true, retryStrategy: () => 10 };
    const [publishClient, subscribeClient] = [1, 2].map(() =>
      new LIBRARIES["ioredis 5"](`${server.path}.proxy`, options)
    );
    assert(publishClient && subscribeClient);
    await using open = openTarget({ publishClient, subscribeClient });
    await eventually(() => open.faults.length > 4);
    assert(open.faults.every(({ context }) => context.stage === "connect"));
    proxies.use(startRedisProxy(server.path));
    await eventually(() => assertEquals(open.target.status, { state: "open" }));
  });
  assertEquals(rejections, []);
});

Deno.test({
  name: "Redis: CLIENT PAUSE delays events and loses none",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    const pubsub = createPubSub<Events>({ eventTarget: open.target });
    const subscription = pubsub.subscribe("news", "1");
    await subscription.ready;
    await ask(server, "CLIENT", "PAUSE", "300", "ALL");
    const late = pubsub.subscribe("news", "2");
    for (let i = 0; i < 100; i++) pubsub.publish("news", "1", i);
    await late.ready;
    for (let i = 0; i < 100; i++) assertEquals((await subscription.next()).value?.payload, i);
    assertEquals(open.faults, []);
  },
});

Deno.test({
  name:
    "Redis: when a subscriber exceeds its output-buffer limit, a gap is reported, and later events arrive",
  timeout: 30_000,
  // After a large message, the parser of ioredis 5 runs an interval for a while that shrinks its buffer.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    await using open = openRedis(server, "ioredis 5", { onStatus: (status) => void statuses.push(status) });
    const pubsub = createPubSub<Events>({ eventTarget: open.target });
    const subscription = pubsub.subscribe("news", "1");
    await subscription.ready;
    await ask(server, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 1024 1024 1");
    pubsub.publish("news", "1", "x".repeat(1_000_000));
    await eventually(() => statuses.some(({ gap }) => gap === true), { timeoutMs: 10_000 });
    pubsub.publish("news", "1", "after");
    let payload = (await subscription.next()).value?.payload;
    // If the server had sent part of the large message, it sends all of it.
    if (payload !== "after") payload = (await subscription.next()).value?.payload;
    assertEquals(payload, "after");
  },
});

Deno.test({
  name: "Redis: no connection remains when the clients have ended",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    {
      await using open = openRedis(server, "ioredis 5");
      await createPubSub<Events>({ eventTarget: open.target }).subscribe("news").ready;
      assert(String(await ask(server, "CLIENT", "LIST")).trim().split("\n").length > 1);
    }
    await eventually(async () => {
      const clients = String(await ask(server, "CLIENT", "LIST")).trim().split("\n");
      assertEquals(clients.length, 1, clients.join("\n"));
    });
  },
});

for (const autoResendUnfulfilledCommands of [false, true]) {
  Deno.test({
    name: "Redis: an event that was unanswered when the connection was cut arrives " +
      (autoResendUnfulfilledCommands
        ? "twice if ioredis sends it again"
        : "once if ioredis does not send it again"),
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      using proxy = startRedisProxy(server.path);
      const publishClient = new LIBRARIES["ioredis 5"](proxy.path, { autoResendUnfulfilledCommands });
      const subscribeClient = new LIBRARIES["ioredis 5"](server.path);
      const stages: string[] = [];
      const target = createRedisEventTarget({
        publishClient,
        subscribeClient,
        onError: (_, { stage }) => void stages.push(stage),
      });
      await eventually(() => target.status.state === "open");
      const received: unknown[] = [];
      target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
      await target.flush();
      proxy.stall("answers");
      target.publish({ type: "news", id: "1", payload: "unanswered" });
      await eventually(() => assertEquals(received, ["unanswered"]));
      proxy.cut();
      await eventually(() => target.status.state === "reconnecting");
      await eventually(() => target.status.state === "open");
      // Long before the event's time-out.
      if (!autoResendUnfulfilledCommands) await eventually(() => assertEquals(stages, ["publish"]));
      target.publish({ type: "news", id: "1", payload: "after" });
      await target.flush();
      const again = autoResendUnfulfilledCommands ? ["unanswered"] : [];
      assertEquals(received, ["unanswered", ...again, "after"]);
      assertEquals(stages, autoResendUnfulfilledCommands ? [] : ["publish"]);
      await target.close();
      await disconnect(publishClient, subscribeClient);
    },
  });
}
