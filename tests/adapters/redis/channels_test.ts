import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { ask, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { news: unknown };

Deno.test({
  name:
    "Redis: a subscription that was unanswered when the server died, and that is not wanted any more, is not restored",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    await eventually(() => open.target.status.state === "open");
    await server.kill("SIGSTOP");
    const stop = open.target.listen("news", "1", { onEvent() {} });
    // The client has written the command before it notices the end.
    await new Promise((resolve) => setTimeout(resolve));
    await server.kill("SIGKILL");
    await eventually(() => open.target.status.state === "reconnecting");
    stop();
    await server.restart();
    await eventually(() => open.target.status.state === "open");
    await open.target.flush();
    assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
  },
});

Deno.test({
  name:
    "Redis: a subscription that was unanswered when the event target closed without a server is not restored",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    const { target, subscribeClient } = open;
    await eventually(() => target.status.state === "open");
    await server.kill("SIGSTOP");
    target.listen("news", "1", { onEvent() {} });
    // The client has written the command before it notices the end.
    await new Promise((resolve) => setTimeout(resolve));
    await server.kill("SIGKILL");
    await eventually(() => target.status.state === "reconnecting");
    await target.close();
    await server.restart();
    // The client sends the old command again before this one. The library then unsubscribes.
    await subscribeClient.subscribe("other");
    await eventually(async () => assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["other"]));
    await eventually(() => subscribeClient.options.autoResubscribe === true);
  },
});

Deno.test({
  name: "Redis: an answer of the client about an earlier connection does not count for the current one",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    using proxies = new DisposableStack();
    const path = `${server.path}.proxy`;
    const Client = LIBRARIES["ioredis 5"];
    await using open = openTarget({
      publishClient: new Client(server.path),
      subscribeClient: new Client(path, { retryStrategy: () => 1 }),
    });
    const { target, subscribeClient } = open;
    let stop = (): void => {};
    const listen = (): void => void (stop = target.listen("news", "1", { onEvent() {} }));
    {
      using proxy = startRedisProxy(server.path, "proxy");
      await eventually(() => target.status.state === "open");
      proxy.stall("answers");
      listen();
      await eventually(() => proxy.held > 0);
    }
    // After 20 attempts, the client rejects the commands that were unanswered.
    let attempts = 0;
    subscribeClient.on("reconnecting", () => void attempts++);
    await eventually(() => attempts > 20);
    const proxy = proxies.use(startRedisProxy(server.path, "proxy"));
    await eventually(() => target.status.state === "open");
    // Unsubscribed and subscribed again, so that it is still the same channel.
    proxy.stall("answers");
    stop();
    listen();
    await eventually(() => proxy.held > 0);
    // The answer to the unsubscribe passes, and the next subscribe is held back.
    proxy.stall("requests");
    await new Promise((resolve) => setTimeout(resolve));
    await eventually(() => proxy.held > 0);
    // The client sends the subscribe again on the next connection.
    proxy.cut();
    stop();
    await eventually(() => target.status.state === "reconnecting");
    await eventually(() => target.status.state === "open");
    await target.flush();
    assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
    assert(open.faults.every(({ context }) => context.stage === "connect"));
  },
});

Deno.test("Redis: a listener that is added during an unsubscribe is ready once the server has the channel again", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target } = open;
  const stop = target.listen("news", "1", { onEvent() {} });
  await target.flush();
  proxy.stall("answers");
  stop();
  let isReady = false;
  target.listen("news", "1", { onEvent() {}, onReady: () => void (isReady = true) });
  await eventually(() => proxy.held > 0);
  assertEquals(isReady, false);
  proxy.release();
  await eventually(() => isReady);
  assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["news:1"]);
});

Deno.test("Redis: a listener of a type is ready once the server has acknowledged both of its channels", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target, publishClient, subscribeClient } = open;
  // Another event target has already subscribed to the pattern of the type's ids.
  await using other = createRedisEventTarget({ publishClient, subscribeClient, prefix: "news:" });
  const stop = other.listen("*", undefined, { onEvent() {} });
  await other.flush();
  let isReady = false;
  const listen = () =>
    target.listen("news", undefined, { onEvent() {}, onReady: () => void (isReady = true) });
  proxy.stall("answers");
  const stopOwn = listen();
  assertEquals(isReady, false);
  proxy.release();
  await eventually(() => isReady);
  stopOwn();
  await target.flush();

  // Now the pattern is unsubscribed at that moment: its answer comes with the one for the other channel.
  isReady = false;
  proxy.stall("answers");
  stop();
  listen();
  await eventually(() => proxy.held > 0);
  proxy.stall("requests");
  await new Promise((resolve) => setTimeout(resolve));
  await eventually(() => proxy.held > 0);
  assertEquals(isReady, false);
  proxy.release();
  await eventually(() => isReady);
});

Deno.test("Redis: an unsubscribe that the server refuses is sent again, but not at once", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  const stop = open.target.listen("news", "1", { onEvent() {} });
  await open.target.flush();
  await ask(server, "ACL", "SETUSER", "default", "-unsubscribe");
  stop();
  const countRefusals = async (): Promise<number> => {
    const stats = String(await ask(server, "INFO", "commandstats"));
    return Number(/cmdstat_unsubscribe:.*rejected_calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  await eventually(async () => await countRefusals() > 0);
  for (let i = 0; i < 20; i++) await open.publishClient.ping();
  assert(await countRefusals() <= 2);
  await ask(server, "ACL", "SETUSER", "default", "+unsubscribe");
  await open.target.flush();
  assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
});

Deno.test({
  name: "Redis: the attempts of both clients are reported as one rising number, each once",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    await using open = openRedis(server, "ioredis 5", { onStatus: (status) => void statuses.push(status) });
    for (let losses = 1; losses <= 2; losses++) {
      await eventually(() => open.target.status.state === "open");
      statuses.length = 0;
      await server.kill("SIGKILL");
      await eventually(() => (open.target.status.attempt ?? 0) >= 3);
      await server.restart();
      await eventually(() => open.target.status.state === "open");
      const states = statuses.map(({ state }) => state);
      assertEquals(states, [...states.slice(0, -1).fill("reconnecting"), "open"]);
      const attempts = statuses.flatMap(({ attempt }) => attempt === undefined ? [] : [attempt]);
      assertEquals(attempts, attempts.map((_, i) => i + 1));
    }
  },
});

Deno.test({
  name: "Redis: a client that ends with unanswered commands leaves no timer",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    const { target } = open;
    await eventually(() => target.status.state === "open");
    await server.kill("SIGSTOP");
    const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
    open.subscribeClient.disconnect();
    await eventually(() => target.status.state === "closed");
    const error = await assertRejects(() => subscription.next(), Error);
    assertEquals(error.name, "ConnectionLostError");
    await server.kill("SIGCONT");
  },
});

Deno.test("Redis: a subscription that is not answered is reported, and sent again with twice the time-out", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", {
    paths: { subscribe: proxy.path },
    commandTimeoutMs: 100,
  });
  const { target, faults, subscribeClient } = open;
  await eventually(() => target.status.state === "open");
  proxy.stall("answers");
  let isReady = false;
  target.listen("news", "1", { onEvent() {}, onReady: () => void (isReady = true) });
  await eventually(() => faults.length === 3);
  proxy.release();
  await eventually(() => isReady);
  await target.flush();
  // After an answer, the time-out starts from its first value again.
  subscribeClient.on("ready", () => proxy.stall("answers"));
  proxy.cut();
  await eventually(() => faults.length === 4);
  proxy.release();
  await target.flush();
  const reported = faults.map(({ error, context: { stage, topic } }) =>
    [stage, topic, /in \d+ ms$/.exec(String(error))?.[0]].join(" ")
  );
  assertEquals(reported, [100, 200, 400, 100].map((limitMs) => `subscribe news:1 in ${limitMs} ms`));
});

Deno.test("Redis: a subscription whose time-out is months is not reported at once", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", {
    paths: { subscribe: proxy.path },
    commandTimeoutMs: 2 ** 32,
  });
  const { target, faults, publishClient } = open;
  await eventually(() => target.status.state === "open");
  proxy.stall("answers");
  target.listen("news", "1", { onEvent() {} });
  await eventually(() => proxy.held > 0);
  for (let i = 0; i < 20; i++) await publishClient.ping();
  assertEquals(faults, []);
  proxy.release();
  await target.flush();
});
