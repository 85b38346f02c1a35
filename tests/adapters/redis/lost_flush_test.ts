import { ConnectionLostError, type PubSubEventTarget } from "@alkdev/pubsub";
import { assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { ask, LIBRARIES, type OpenRedis, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];
const event = (payload: unknown) => ({ type: "news", id: "1", payload });

/** Collects the payloads that the target's own listeners receive. */
async function listen(target: PubSubEventTarget): Promise<unknown[]> {
  const received: unknown[] = [];
  target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
  await target.flush();
  return received;
}

/** The rejection of a target's flush, and of the flush of a hub over it. */
async function assertFlushesReject(
  target: PubSubEventTarget,
  name: "TimeoutError" | "ConnectionLostError",
  message: string,
): Promise<void> {
  await using hub = serveHub({ upstream: target });
  const errors = await Promise.all(
    [target, hub.hub].map((flushed) => assertRejects(() => flushed.flush(), Error, message)),
  );
  assertEquals(errors.map((error) => error.name), [name, name]);
}

for (const library of libraries) {
  Deno.test({
    name: `Redis by ${library}: flush rejects if a Redis that hangs does not answer for an event in time`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      await using open = openRedis(server, library, { publishTimeoutMs: 100 });
      const { target } = open;
      const received = await listen(target);
      await server.kill("SIGSTOP");
      target.publish(event("unanswered"));
      await assertFlushesReject(target, "TimeoutError", "Redis did not answer in 100 ms");
      await server.kill("SIGCONT");
      // The event was reported, and does not count for what comes after it.
      target.publish(event("after"));
      await target.flush();
      assertEquals(received, ["unanswered", "after"]);
    },
  });

  Deno.test({
    name: `Redis by ${library}: flush rejects if Redis cannot be reached until an event is given up`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      await using open = openRedis(server, library, { publishTimeoutMs: 100 });
      const { target, publishClient, subscribeClient, faults } = open;
      await listen(target);
      await server.kill("SIGKILL");
      await eventually(() => [publishClient, subscribeClient].every(({ status }) => status !== "ready"));
      target.publish(event("lost"));
      // Before the event is given up, and after.
      await assertRejects(() => target.flush(), ConnectionLostError, "subscribing connection was lost");
      await eventually(() => faults.some(({ context }) => context.stage === "publish"));
      await assertFlushesReject(target, "TimeoutError", "Redis could not be reached in 100 ms");
      await server.restart();
      await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
      await target.flush();
    },
  });

  for (const autoResendUnfulfilledCommands of [false, true]) {
    Deno.test({
      name: `Redis by ${library}: flush rejects if both connections break before Redis has answered, ` +
        (autoResendUnfulfilledCommands ? "though the client sends the event again" : "and it is over"),
      timeout: 30_000,
      async fn() {
        await using server = await startRedis();
        using proxy = startRedisProxy(server.path);
        const Client = LIBRARIES[library];
        await using open = openTarget({
          publishClient: new Client(proxy.path, { autoResendUnfulfilledCommands }),
          subscribeClient: new Client(proxy.path, { autoResendUnfulfilledCommands }),
        });
        const { target } = open;
        await listen(target);
        proxy.stall("answers");
        target.publish(event("unanswered"));
        const rejected = assertFlushesReject(
          target,
          "ConnectionLostError",
          autoResendUnfulfilledCommands ? "subscribing connection was lost" : "",
        );
        await eventually(() => proxy.held > 0);
        proxy.cut();
        await rejected;
        await eventually(() => target.status.state === "open");
        await target.flush();
      },
    });
  }

  Deno.test({
    name:
      `Redis by ${library}: flush rejects if listeners cannot receive an event, since the server has killed their connection`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      using proxy = startRedisProxy(server.path);
      await using open = openRedis(server, library, { paths: { subscribe: proxy.path } });
      const { target } = open;
      await listen(target);
      // The next connection is not subscribed yet.
      open.subscribeClient.on("close", () => proxy.stall("answers"));
      await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
      await eventually(() => target.status.state === "reconnecting");
      target.publish(event("unheard"));
      await open.publishClient.ping();
      await assertFlushesReject(target, "ConnectionLostError", "subscribing connection was lost");
      proxy.release();
      await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
      await target.flush();
    },
  });
}

/** Publishes an event that Redis takes, and loses the subscribing connection before the event has arrived. */
async function loseOnTheWay({ target }: OpenRedis, proxy: ReturnType<typeof startRedisProxy>): Promise<void> {
  proxy.stall("answers");
  target.publish(event("on its way"));
  const flush = target.flush();
  await eventually(() => proxy.held > 0);
  proxy.cut();
  await flush;
}

Deno.test("Redis: flush rejects if an event is lost on its way to a listener, and resolves without listeners", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target } = open;
  const stop = target.listen("news", "1", { onEvent() {} });
  await target.flush();
  await assertRejects(() => loseOnTheWay(open, proxy), ConnectionLostError, "may not have received");
  await eventually(() => target.status.state === "open");
  stop();
  await target.flush();
  await loseOnTheWay(open, proxy);
  await eventually(() => target.status.state === "open");
});

Deno.test("Redis: flush resolves if the subscribing connection is lost after listeners have received every event", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target } = open;
  const received = await listen(target);
  target.publish(event("received"));
  await target.flush();
  proxy.stall("answers");
  const pending = target.flush();
  // An event after the flush does not count for it.
  target.publish(event("lost"));
  await eventually(() => proxy.held > 0);
  proxy.cut();
  await pending;
  assertEquals(received, ["received"]);
  await eventually(() => target.status.state === "open");
});

for (const history of [{}, { news: {} }]) {
  const kind = "news" in history ? "kept" : "plain";

  Deno.test(`Redis: flush waits for a ${kind} event on its way though the client gives up on commands sooner`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    const publishClient = new LIBRARIES["ioredis 5"](server.path);
    const subscribeClient = new LIBRARIES["ioredis 5"](proxy.path, { commandTimeout: 50 });
    await using open = openTarget({ publishClient, subscribeClient, history });
    const { target } = open;
    const received = await listen(target);
    proxy.stall("answers");
    target.publish(event("on its way"));
    const flush = target.flush();
    await new Promise((resolve) => setTimeout(resolve, 300));
    proxy.release();
    await flush;
    assertEquals(received, ["on its way"]);
  });

  Deno.test(`Redis: flush rejects if the program disconnects the client while a ${kind} event is on its way`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path }, history });
    const { target, subscribeClient } = open;
    const received = await listen(target);
    proxy.stall("answers");
    target.publish(event("lost"));
    const flush = assertRejects(() => target.flush(), ConnectionLostError);
    await eventually(() => target.stats().published.handedOver === 1);
    await eventually(() => proxy.held > 0);
    subscribeClient.disconnect();
    await flush;
    assertEquals(received, []);
  });
}

Deno.test("Redis: an event that Redis refuses counts as handled for flush", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  const { target, faults } = open;
  await eventually(() => target.status.state === "open");
  await ask(server, "ACL", "SETUSER", "default", "resetchannels", "&other:*");
  target.publish(event("refused"));
  await target.flush();
  assertEquals(faults.map(({ context }) => [context.stage, context.topic]), [["publish", "news:1"]]);
});

Deno.test({
  name: "Redis: flush waits for a Redis that sleeps, unless an event is given up meanwhile",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis({ args: ["--enable-debug-command", "local"] });
    await using patient = openRedis(server, "ioredis 5");
    await using hasty = openRedis(server, "ioredis 5", { publishTimeoutMs: 50 });
    const received = await listen(patient.target);
    await eventually(() => hasty.target.status.state === "open");
    const slept = ask(server, "DEBUG", "SLEEP", "0.4");
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const { target } of [patient, hasty]) target.publish(event("late"));
    const rejected = assertFlushesReject(hasty.target, "TimeoutError", "Redis did not answer in 50 ms");
    await patient.target.flush();
    await rejected;
    await slept;
    assertEquals(received, ["late", "late"]);
  },
});

Deno.test("Redis: a flush that waits for a lost channel rejects when the target is closed", async () => {
  await using server = await startRedis();
  using proxies = new DisposableStack();
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: `${server.path}.proxy` } });
  const { target, subscribeClient } = open;
  target.listen("news", "1", { onEvent() {} });
  const flush = assertRejects(() => target.flush(), ConnectionLostError, "was closed");
  await target.close();
  await flush;
  // A client that is disconnected while it waits to reconnect keeps its timer.
  proxies.use(startRedisProxy(server.path));
  await eventually(() => subscribeClient.status === "ready");
});
