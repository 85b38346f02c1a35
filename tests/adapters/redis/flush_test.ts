import { ConnectionLostError } from "@alkdev/pubsub";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { eventually } from "../../support/eventually.ts";
import { ask, LIBRARIES, openRedis, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

for (const method of ["flush", "close"] as const) {
  Deno.test(`Redis: ${method} waits until the server has acknowledged an unsubscribe`, async () => {
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

Deno.test("Redis: a flush that is lost with the connection restores no channel", async () => {
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

Deno.test("Redis: flush does not wait for a connection, a permission or a lost channel", async () => {
  await using server = await startRedis();
  using proxies = new DisposableStack();
  await using open = openRedis(server, "ioredis 5", {
    paths: { subscribe: `${server.path}.proxy` },
    flushTimeoutMs: 2000,
  });
  await eventually(() => open.publishClient.status === "ready");
  open.target.publish({ type: "news", id: "1", payload: 1 });
  await open.target.flush();
  // Flush does not need the permission for PING: a refusal is an answer too.
  proxies.use(startRedisProxy(server.path));
  await eventually(() => open.target.status.state === "open");
  await ask(server, "ACL", "SETUSER", "default", "-ping");
  const stop = open.target.listen("news", "1", { onEvent() {} });
  await open.target.flush();
  // A channel that was lost with the server needs no unsubscribe.
  await server.kill("SIGKILL");
  await eventually(() => open.target.status.state === "reconnecting");
  stop();
  await open.target.flush();
  // A client that is disconnected while it waits to reconnect keeps its timer.
  await server.restart();
  await eventually(() => open.target.status.state === "open");
});

Deno.test("Redis: flush does not wait for an answer that was lost with the connection", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  const Client = LIBRARIES["ioredis 5"];
  await using open = openTarget({
    publishClient: new Client(server.path),
    // With this option, the client never settles unanswered commands.
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

Deno.test("Redis: close waits until the server has received all published events", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5");
  await using other = openRedis(server, "ioredis 5");
  const received: unknown[] = [];
  other.target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
  await other.target.flush();
  await eventually(() => open.target.status.state === "open");
  for (let i = 0; i < 1000; i++) open.target.publish({ type: "news", id: "1", payload: i });
  await open.target.close();
  await eventually(() => received.length === 1000);
  assertEquals(open.faults, []);
});

for (const [signal, revive] of [["SIGSTOP", "kill"], ["SIGKILL", "restart"]] as const) {
  Deno.test({
    name: `Redis: close gives up on unanswered events after ${signal}, and reports them`,
    timeout: 30_000,
    async fn() {
      await using server = await startRedis();
      await using open = openRedis(server, "ioredis 5");
      const { target, publishClient, subscribeClient } = open;
      await eventually(() => target.status.state === "open");
      await server.kill(signal);
      // The status changes with the first client that is lost; the event must not leave by the other one.
      if (signal === "SIGKILL") await eventually(() => publishClient.status !== "ready");
      target.publish({ type: "news", id: "1", payload: 1 });
      const flush = assertRejects(() => target.flush(), ConnectionLostError, "before Redis had answered");
      const start = performance.now();
      await target.close();
      assert(performance.now() - start < 2000);
      await flush;
      const reports = open.faults.filter(({ context }) => context.stage === "publish");
      assertEquals(reports.map(({ context }) => context.topic), ["news:1"]);
      // A client that is disconnected while it waits to reconnect keeps its timer.
      await server[revive]("SIGCONT");
      await eventually(() => publishClient.status === "ready" && subscribeClient.status === "ready");
    },
  });
}
