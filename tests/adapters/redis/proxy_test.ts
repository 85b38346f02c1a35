import type { EventTargetStatus } from "@alkdev/pubsub";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, LIBRARIES, openRedis, startRedis } from "../../support/redis.ts";
import { type RedisProxy, startRedisProxy } from "../../support/redis_proxy.ts";

const TOPICS = 50;
const ids = Array.from({ length: TOPICS }, (_, i) => String(i));
const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];

/** Faults of a network. `busy` makes traffic for the fault to hit. */
const FAULTS: Readonly<Record<string, (proxy: RedisProxy, busy: () => void) => Promise<void>>> = {
  async "is cut"(proxy, busy) {
    busy();
    proxy.cut();
    await Promise.resolve();
  },
  async "is torn in a request"(proxy, busy) {
    proxy.tear("requests");
    busy();
    await Promise.resolve();
  },
  async "is torn in an answer"(proxy, busy) {
    proxy.tear("answers");
    busy();
    await Promise.resolve();
  },
  async "stalls, and is cut"(proxy, busy) {
    proxy.stall("answers");
    busy();
    await eventually(() => proxy.held > 0);
    proxy.cut();
  },
};

for (const role of ["publish", "subscribe"] as const) {
  for (const [fault, strike] of Object.entries(FAULTS)) {
    for (const library of libraries) {
      Deno.test({
        name:
          `Redis by ${library}: when the connection to ${role} ${fault}, nothing arrives twice or out of order, ` +
          "losses are reported, and later events arrive",
        timeout: 30_000,
        async fn() {
          await using server = await startRedis();
          using proxy = startRedisProxy(server.path);
          const statuses: EventTargetStatus[] = [];
          const received: number[] = [];
          let published = 0;
          const rejections = await unhandledRejections(async () => {
            await using open = openRedis(server, library, {
              paths: { [role]: proxy.path },
              publishTimeoutMs: 300,
              onStatus(status) {
                statuses.push(status);
                // Events that are published during the report arrive.
                if (status.gap) burst();
              },
            });
            const { target, faults } = open;
            const burst = (): void => {
              for (const id of ids) target.publish({ type: "news", id, payload: ++published });
            };
            await eventually(() => target.status.state === "open");
            for (const id of ids) {
              target.listen("news", id, { onEvent: ({ payload }) => void received.push(Number(payload)) });
            }
            await target.flush();
            burst();
            await target.flush();
            assertEquals(received.length, TOPICS);

            await strike(proxy, () => {
              burst();
              // A subscribed connection sends nothing on its own.
              target.listen("news", "late", { onEvent() {} });
            });
            await eventually(() => statuses.some(({ state }) => state === "reconnecting"));
            await eventually(() => target.status.state === "open");
            await target.flush();
            const gaps = statuses.filter(({ gap }) => gap).length;
            assertEquals(gaps, role === "subscribe" ? 1 : 0);
            if (gaps === 1) assertEquals(received.slice(-TOPICS), numbersUpTo(published, TOPICS));

            burst();
            await target.flush();
            assertEquals(received.slice(-TOPICS), numbersUpTo(published, TOPICS));
            assertEquals(received, [...new Set(received)].sort((a, b) => a - b));
            const reports = faults.filter(({ context }) => context.stage === "publish").length;
            assert(gaps > 0 || published - received.length <= reports, "Every lost event is reported");
            await target.close();
            assertEquals(await ask(server, "PUBSUB", "CHANNELS"), []);
          });
          assertEquals(rejections, []);
          await eventually(async () => {
            const clients = String(await ask(server, "CLIENT", "LIST")).trim().split("\n");
            assertEquals(clients.length, 1, clients.join("\n"));
          });
        },
      });
    }
  }

  Deno.test(`Redis: when the connection to ${role} stalls for a while, nothing is lost`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    await using open = openRedis(server, "ioredis 5", { paths: { [role]: proxy.path } });
    const received: unknown[] = [];
    open.target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
    await open.target.flush();
    for (const direction of ["answers", "requests"] as const) {
      received.length = 0;
      proxy.stall(direction);
      for (let i = 0; i < 100; i++) open.target.publish({ type: "news", id: "1", payload: i });
      const flushed = open.target.flush();
      await eventually(() => proxy.held > 0);
      proxy.release();
      await flushed;
      assertEquals(received, Array.from({ length: 100 }, (_, i) => i));
    }
    assertEquals(open.faults, []);
  });
}

Deno.test("Redis: an event that is not answered in time is reported, and the next event is not", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", {
    paths: { publish: proxy.path },
    publishTimeoutMs: 200,
  });
  const { target, faults } = open;
  await eventually(() => target.status.state === "open");
  proxy.stall("answers");
  target.publish({ type: "news", id: "1", payload: "unanswered" });
  await eventually(() => faults.length > 0);
  proxy.release();
  target.publish({ type: "news", id: "1", payload: "after" });
  await target.flush();
  assertEquals(faults.map(({ context }) => [context.stage, context.topic]), [["publish", "news:1"]]);
  assertMatch(String(faults[0]?.error), /TimeoutError: Redis did not answer in 200 ms/);
});

Deno.test("Redis: a listener that is added after a loss is ready only once the server has acknowledged the topic again", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  await using open = openRedis(server, "ioredis 5", { paths: { subscribe: proxy.path } });
  const { target, subscribeClient } = open;
  target.listen("news", "1", { onEvent() {} });
  await target.flush();
  subscribeClient.on("ready", () => proxy.stall("answers"));
  proxy.cut();
  await eventually(() => proxy.held > 0);
  let isReady = false;
  target.listen("news", "1", { onEvent() {}, onReady: () => void (isReady = true) });
  assertEquals(isReady, false);
  proxy.release();
  await eventually(() => isReady);
});

for (const library of libraries) {
  Deno.test(`Redis by ${library}: the gap is reported only once every channel is subscribed again`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    using publishProxy = startRedisProxy(server.path, "publish");
    const received: unknown[] = [];
    await using open = openRedis(server, library, {
      paths: { subscribe: proxy.path, publish: publishProxy.path },
      onStatus({ gap }) {
        if (gap) { for (const id of ids) open.target.publish({ type: "news", id, payload: "after" }); }
      },
    });
    const { target, subscribeClient, publishClient } = open;
    for (const id of ids) {
      target.listen("news", id, { onEvent: ({ payload }) => void received.push(payload) });
    }
    await target.flush();
    // Called after the event target has sent its commands, and before the server can have answered.
    subscribeClient.on("ready", () => proxy.stall("answers"));
    proxy.cut();
    await eventually(() => proxy.held > 0);
    assertEquals([subscribeClient.status, target.status.state], ["ready", "reconnecting"]);
    // The return of the other connection does not open the event target either.
    let isBack = false;
    publishClient.on("ready", () => isBack = true);
    publishProxy.cut();
    await eventually(() => isBack);
    assertEquals(target.status.state, "reconnecting");
    proxy.release();
    await eventually(() => target.status.state === "open");
    await target.flush();
    assertEquals(received, Array(TOPICS).fill("after"));
  });
}

function numbersUpTo(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => last - count + 1 + i);
}
