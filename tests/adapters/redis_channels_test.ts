import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../_eventually.ts";
import { ask, LIBRARIES, openRedis, openTarget, startRedis } from "../fixtures/redis.ts";
import { startRedisProxy } from "../fixtures/redis_proxy.ts";

type Events = { news: unknown };

Deno.test({
  name:
    "Redis: a subscription that was unanswered when the server died, and is not wanted any more, does not come back",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    await eventually(() => open.target.status.state === "open");
    await server.kill("SIGSTOP");
    const stop = open.target.listen("news", "1", { onEvent() {} });
    // The client has written the command before it hears of the end.
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
    "Redis: a subscription that was unanswered when the event target closed without a server does not come back",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using open = openRedis(server, "ioredis 5");
    const { target, subscribeClient } = open;
    await eventually(() => target.status.state === "open");
    await server.kill("SIGSTOP");
    target.listen("news", "1", { onEvent() {} });
    // The client has written the command before it hears of the end.
    await new Promise((resolve) => setTimeout(resolve));
    await server.kill("SIGKILL");
    await eventually(() => target.status.state === "reconnecting");
    await target.close();
    await server.restart();
    // The client sends the old command again before this one, and what gives it up is sent then.
    await subscribeClient.subscribe("other");
    await eventually(async () => assertEquals(await ask(server, "PUBSUB", "CHANNELS"), ["other"]));
    await eventually(() => subscribeClient.options.autoResubscribe === true);
  },
});

Deno.test({
  name: "Redis: what the client answers for an earlier connection says nothing of this one",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
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
    // The client rejects what was unanswered once it has tried to connect so often.
    let attempts = 0;
    subscribeClient.on("reconnecting", () => void attempts++);
    await eventually(() => attempts > 20);
    using proxy = startRedisProxy(server.path, "proxy");
    await eventually(() => target.status.state === "open");
    // Given up and wanted again, so that it is the same channel still.
    proxy.stall("answers");
    stop();
    listen();
    await eventually(() => proxy.held > 0);
    // The answer that it is given up is let through, and the next subscription held back.
    proxy.stall("requests");
    await new Promise((resolve) => setTimeout(resolve));
    await eventually(() => proxy.held > 0);
    // The client sends it again on the next connection.
    proxy.cut();
    stop();
    await eventually(() => target.status.state === "reconnecting");
    await eventually(() => target.status.state === "open");
    await target.flush();
    assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
  },
});

Deno.test({
  name: "Redis: the attempts of both clients are told as one rising number, and no attempt twice",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    await using open = openRedis(server, "ioredis 5", { onStatus: (status) => void statuses.push(status) });
    await eventually(() => open.target.status.state === "open");
    await server.kill("SIGKILL");
    await eventually(() => (open.target.status.attempt ?? 0) >= 3);
    await server.restart();
    await eventually(() => open.target.status.state === "open");
    assertEquals(statuses.map(({ state }) => state).filter((state) => state !== "reconnecting"), [
      "open",
      "open",
    ]);
    const attempts = statuses.flatMap(({ attempt }) => attempt === undefined ? [] : [attempt]);
    assertEquals(attempts, attempts.map((_, i) => i + 1));
  },
});

Deno.test({
  name: "Redis: a client that ends with commands on their way leaves no timer",
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

Deno.test("Redis: a subscription that is not answered is reported, and asked for again with twice the patience", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", {
    paths: { subscribe: proxy.path },
    commandTimeoutMs: 100,
  });
  const { target, faults } = open;
  const ask = (id: string): Promise<void> =>
    new Promise((onReady) => target.listen("news", id, { onEvent() {}, onReady }));
  await ask("1");
  proxy.stall("answers");
  const isReady = ask("2");
  await eventually(() => faults.length === 3);
  proxy.release();
  await isReady;
  await target.flush();
  // What was answered is asked with the first patience again.
  proxy.stall("answers");
  const isOtherReady = ask("3");
  await eventually(() => faults.length === 4);
  proxy.release();
  await isOtherReady;
  const told = faults.map((
    { error, context },
  ) => [context.stage, context.topic, /in \d+ ms$/.exec(String(error))?.[0]]);
  assertEquals(told, [
    ["subscribe", "news:2", "in 100 ms"],
    ["subscribe", "news:2", "in 200 ms"],
    ["subscribe", "news:2", "in 400 ms"],
    ["subscribe", "news:3", "in 100 ms"],
  ]);
});

for (const method of ["flush", "close"] as const) {
  Deno.test(`Redis: ${method} waits until the server has given up a channel`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
    const stop = open.target.listen("news", "1", { onEvent() {} });
    await open.target.flush();
    proxy.stall("requests");
    stop();
    let isDone = false;
    const done = open.target[method]().then(() => isDone = true);
    await eventually(() => proxy.held > 0);
    await open.publishClient.ping();
    assertEquals([isDone, await ask(server, "PUBSUB", "CHANNELS")], [false, ["news:1"]]);
    proxy.release();
    await done;
    assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
  });
}

Deno.test("Redis: a flush that was lost with the connection brings no channel back", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target } = open;
  const stop = target.listen("news", "1", { onEvent() {} });
  await target.flush();
  proxy.stall("answers");
  const flush = target.flush();
  await eventually(() => proxy.held > 0);
  proxy.cut();
  await flush;
  stop();
  await eventually(() => target.status.state === "open");
  await target.flush();
  assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
});

Deno.test("Redis: flush waits for nothing that is not on its way", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5", {
    paths: { subscribe: `${server.path}.proxy` },
    flushTimeoutMs: 2000,
  });
  await eventually(() => open.publishClient.status === "ready");
  open.target.publish({ type: "news", id: "1", payload: 1 });
  await open.target.flush();
  // Nor does it need the right to ask: to be refused is an answer too.
  using _proxy = startRedisProxy(server.path);
  await eventually(() => open.target.status.state === "open");
  await ask(server, "ACL", "SETUSER", "default", "-ping");
  await open.target.flush();
});

Deno.test("Redis: flush does not wait for an answer that was lost with the connection", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  const Client = LIBRARIES["ioredis 5"];
  await using open = openTarget({
    publishClient: new Client(server.path),
    // It never settles what was not answered.
    subscribeClient: new Client(proxy.path, { autoResendUnfulfilledCommands: false }),
  });
  open.target.listen("news", "1", { onEvent() {} });
  await open.target.flush();
  proxy.stall("answers");
  const flush = open.target.flush();
  await eventually(() => proxy.held > 0);
  proxy.cut();
  await flush;
  await eventually(() => open.target.status.state === "open");
  assertEquals(open.faults, []);
});
