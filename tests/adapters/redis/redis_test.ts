import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, disconnect, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { news: unknown };
const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];

for (const library of libraries) {
  Deno.test({
    name:
      `Redis by ${library}: after SIGKILL and restart, 50 topics are restored, a gap is reported, and later events arrive`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      const statuses: EventTargetStatus[] = [];
      const rejections = await unhandledRejections(async () => {
        await using open = openRedis(server, library, { onStatus: (status) => void statuses.push(status) });
        const pubsub = createPubSub<Events>({ eventTarget: open.target });
        const subscriptions = Array.from({ length: 50 }, (_, i) => pubsub.subscribe("news", String(i)));
        const left = pubsub.subscribe("news", "left");
        await Promise.all([...subscriptions, left].map(({ ready }) => ready));
        await server.kill("SIGKILL");
        await eventually(() => open.target.status.state === "reconnecting");
        await left.return();
        const late = pubsub.subscribe("news", "late");
        await server.restart();
        await eventually(() => statuses.some(({ gap }) => gap === true), { timeoutMs: 10_000 });
        await late.ready;
        for (let i = 0; i < 50; i++) pubsub.publish("news", String(i), i);
        for (const [i, subscription] of subscriptions.entries()) {
          assertEquals((await subscription.next()).value?.payload, i);
        }
        await open.target.close();
        assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
      });
      assertEquals(rejections, []);
    },
  });

  Deno.test({
    name: `Redis by ${library}: CLIENT KILL causes a reported gap and ends no subscription`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      const statuses: EventTargetStatus[] = [];
      await using open = openRedis(server, library, { onStatus: (status) => void statuses.push(status) });
      const pubsub = createPubSub<Events>({ eventTarget: open.target });
      const subscription = pubsub.subscribe("news");
      await subscription.ready;
      await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
      await eventually(() => statuses.some(({ gap }) => gap === true), { timeoutMs: 10_000 });
      pubsub.publish("news", "1", "after");
      assertEquals((await subscription.next()).value?.payload, "after");
    },
  });
}

Deno.test("Redis has one subscription for each channel, until the last listener is removed", async () => {
  await using server = await startRedis();
  await using first = openRedis(server, "ioredis 5", { prefix: "app[1]*:" });
  const pubsub = createPubSub<Events>({ eventTarget: first.target });
  const many = Array.from({ length: 5 }, () => pubsub.subscribe("news", "1"));
  const ofType = pubsub.subscribe("news");
  await Promise.all([...many, ofType].map(({ ready }) => ready));
  assertEquals(await ask(server, "PUBSUB", "NUMSUB", "app[1]*:news:1"), ["app[1]*:news:1", 1]);
  assertEquals(await ask(server, "PUBSUB", "NUMPAT"), 1);
  pubsub.publish("news", "1", "once");
  assertEquals((await ofType.next()).value?.payload, "once");
  for (const subscription of [...many, ofType]) await subscription.return();
  await eventually(async () => assertEquals(await ask(server, "PUBSUB", "NUMPAT"), 0));
  assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
});

Deno.test("Redis: the close of one event target does not end the subscriptions of another on the same client", async () => {
  await using server = await startRedis();
  const { path } = server;
  const publishClient = new LIBRARIES["ioredis 5"](path);
  const subscribeClient = new LIBRARIES["ioredis 5"](path);
  const one = createRedisEventTarget({ publishClient, subscribeClient });
  const two = createRedisEventTarget({ publishClient, subscribeClient });
  const kept = createPubSub<Events>({ eventTarget: two }).subscribe("news", "1");
  await createPubSub<Events>({ eventTarget: one }).subscribe("news", "1").ready;
  await kept.ready;
  await one.close();
  two.publish({ type: "news", id: "1", payload: "kept" });
  assertEquals((await kept.next()).value?.payload, "kept");
  await two.close();
  assertEquals(subscribeClient.options.autoResubscribe, true);
  publishClient.disconnect();
  subscribeClient.disconnect();
});

Deno.test("Redis: the event target is open once both clients are connected", async () => {
  await using server = await startRedis();
  for (const role of ["publish", "subscribe"] as const) {
    // Disposed after the clients: a client that is disconnected while it waits to reconnect keeps its timer.
    using proxies = new DisposableStack();
    const statuses: EventTargetStatus[] = [];
    const path = `${server.path}.${role}`;
    await using open = openRedis(server, "ioredis 5", {
      paths: { [role]: path },
      onStatus: (status) => void statuses.push(status),
    });
    const other = role === "publish" ? open.subscribeClient : open.publishClient;
    await eventually(() => other.status === "ready");
    await other.ping();
    assert(statuses.every(({ state }) => state === "connecting"));
    proxies.use(startRedisProxy(server.path, role));
    await eventually(() => assertEquals(open.target.status, { state: "open" }));
    assertEquals(statuses.filter(({ state }) => state !== "connecting"), [{ state: "open" }]);
  }
});

Deno.test("Redis: events that are published before the client is connected arrive once it is", async () => {
  await using server = await startRedis();
  using proxies = new DisposableStack();
  await using open = openRedis(server, "ioredis 5", { paths: { publish: `${server.path}.proxy` } });
  const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news", "1");
  await subscription.ready;
  for (let i = 0; i < 3; i++) open.target.publish({ type: "news", id: "1", payload: i });
  proxies.use(startRedisProxy(server.path));
  for (let i = 0; i < 3; i++) assertEquals((await subscription.next()).value?.payload, i);
});

Deno.test("Redis: the first loss is noticed on clients that were connected before", async () => {
  await using server = await startRedis();
  const clients = [1, 2].map(() => new LIBRARIES["ioredis 5"](server.path));
  const [publishClient, subscribeClient] = clients;
  assert(publishClient && subscribeClient);
  await Promise.all(clients.map((client) => client.ping()));
  const statuses: EventTargetStatus[] = [];
  await using open = openTarget({
    publishClient,
    subscribeClient,
    onStatus: (status) => void statuses.push(status),
  });
  assertEquals(open.target.status, { state: "open" });
  const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news", "1");
  await subscription.ready;
  await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
  await eventually(() => statuses.some(({ gap }) => gap));
});

Deno.test("Redis: an event target leaves no listener on its clients after close", async () => {
  await using server = await startRedis();
  const clients = [1, 2].map(() => new LIBRARIES["ioredis 5"](server.path));
  const [publishClient, subscribeClient] = clients;
  assert(publishClient && subscribeClient);
  await Promise.all(clients.map((client) => client.ping()));
  const countListeners = (): number[] =>
    clients.flatMap((client) => client.eventNames().map((name) => client.listenerCount(name)));
  const before = countListeners();
  for (let i = 0; i < 3; i++) {
    const target = createRedisEventTarget({ publishClient, subscribeClient });
    const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", String(i));
    await subscription.ready;
    assert(countListeners().length > before.length);
    target.publish({ type: "news", id: String(i), payload: i });
    assertEquals((await subscription.next()).value?.payload, i);
    await target.close();
    assertEquals(countListeners(), before);
  }
  await disconnect(...clients);
});

Deno.test("Redis: malformed messages and envelopes of another topic are reported", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  const pubsub = createPubSub<Events>({ eventTarget: open.target });
  const ofId = pubsub.subscribe("news", "1");
  const ofType = pubsub.subscribe("news");
  await Promise.all([ofId.ready, ofType.ready]);
  for (const message of ["{", "5", '{"type":"news","id":"2"}', '{"type":"news","id":"1","payload":6}']) {
    await ask(server, "PUBLISH", "news:1", message);
  }
  assertEquals((await ofId.next()).value?.payload, 6);
  assertEquals((await ofType.next()).value?.payload, 6);
  assertEquals(open.faults.map(({ context }) => context.stage), Array(6).fill("decode"));
});

Deno.test("Redis: events that are published while the server is down are bounded, time out, and are reported", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5", { maxBufferedBytes: 250, publishTimeoutMs: 200 });
  await eventually(() => open.target.status.state === "open");
  await server.kill("SIGKILL");
  await eventually(() => open.target.status.state === "reconnecting");
  for (let i = 0; i < 5; i++) open.target.publish({ type: "news", id: "1", payload: "x".repeat(10) });
  const stages = (): string[] =>
    open.faults.map(({ context }) => context.stage).filter((stage) => stage !== "connect").sort();
  await eventually(() =>
    assertEquals(stages(), ["backpressure", "backpressure", "backpressure", "publish", "publish"])
  );
  const start = performance.now();
  await open.target.close();
  assert(performance.now() - start < 2000);
  // A client that is disconnected while it waits to reconnect keeps its timer.
  await server.restart();
  await eventually(() => open.publishClient.status === "ready" && open.subscribeClient.status === "ready");
});

Deno.test("Redis: the number of events without a detail is bounded too", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5", { maxBufferedBytes: 10 * (64 + "news".length) });
  await eventually(() => open.target.status.state === "open");
  for (let i = 0; i < 12; i++) open.target.dispatchEvent(new CustomEvent("news"));
  const dropped = open.faults.map(({ context }) => [context.stage, context.topic, context.dropped]);
  assertEquals(dropped, [["backpressure", "news", 1], ["backpressure", "news", 2]]);
  await open.target.flush();
  open.target.dispatchEvent(new CustomEvent("news"));
  assertEquals(open.faults.length, 2);
});
