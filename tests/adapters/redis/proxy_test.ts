import type { EventTargetStatus } from "@alkdev/pubsub";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, LIBRARIES, openRedis, startRedis } from "../../support/redis.ts";
import { type RedisProxy, startRedisProxy } from "../../support/redis_proxy.ts";

const TOPICS = 50;
const ids = Array.from({ length: TOPICS }, (_, i) => String(i));
const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];

/** What a network does to a connection; what is on its way is `busy`. */
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
          `Redis by ${library}: when the connection to ${role} ${fault}, nothing comes twice or out of order, ` +
          "losses are reported, and then all arrives",
        timeout: 30_000,
        async fn() {
          await using server = await startRedis();
          using proxy = startRedisProxy(server.path);
          const statuses: EventTargetStatus[] = [];
          const heard: number[] = [];
          let published = 0;
          const rejections = await unhandledRejections(async () => {
            await using open = openRedis(server, library, {
              paths: { [role]: proxy.path },
              publishTimeoutMs: 300,
              onStatus(status) {
                statuses.push(status);
                // What is published in the very moment of the report arrives.
                if (status.gap) burst();
              },
            });
            const { target, faults } = open;
            const burst = (): void => {
              for (const id of ids) target.publish({ type: "news", id, payload: ++published });
            };
            await eventually(() => target.status.state === "open");
            for (const id of ids) {
              target.listen("news", id, { onEvent: ({ payload }) => void heard.push(Number(payload)) });
            }
            await target.flush();
            burst();
            await target.flush();
            assertEquals(heard.length, TOPICS);

            await strike(proxy, () => {
              burst();
              // A subscribed connection sends nothing by itself.
              target.listen("news", "late", { onEvent() {} });
            });
            await eventually(() => statuses.some(({ state }) => state === "reconnecting"));
            await eventually(() => target.status.state === "open");
            await target.flush();
            const gaps = statuses.filter(({ gap }) => gap).length;
            assertEquals(gaps, role === "subscribe" ? 1 : 0);
            if (gaps === 1) assertEquals(heard.slice(-TOPICS), numbersUpTo(published, TOPICS));

            burst();
            await target.flush();
            assertEquals(heard.slice(-TOPICS), numbersUpTo(published, TOPICS));
            assertEquals(heard, [...new Set(heard)].sort((a, b) => a - b));
            const reports = faults.filter(({ context }) => context.stage === "publish").length;
            assert(gaps > 0 || published - heard.length <= reports, "Every lost event is reported");
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
    const heard: unknown[] = [];
    open.target.listen("news", "1", { onEvent: ({ payload }) => void heard.push(payload) });
    await open.target.flush();
    for (const direction of ["answers", "requests"] as const) {
      heard.length = 0;
      proxy.stall(direction);
      for (let i = 0; i < 100; i++) open.target.publish({ type: "news", id: "1", payload: i });
      const flushed = open.target.flush();
      await eventually(() => proxy.held > 0);
      proxy.release();
      await flushed;
      assertEquals(heard, Array.from({ length: 100 }, (_, i) => i));
    }
    assertEquals(open.faults, []);
  });
}

Deno.test("Redis: an event that is not answered in time is reported, and the next one is not", async () => {
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

Deno.test("Redis: who listens after a loss is ready only once the server has acknowledged the topic again", async () => {
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
  Deno.test(`Redis by ${library}: the gap is reported only once everything is subscribed to again`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    using publishProxy = startRedisProxy(server.path, "publish");
    const heard: unknown[] = [];
    await using open = openRedis(server, library, {
      paths: { subscribe: proxy.path, publish: publishProxy.path },
      onStatus({ gap }) {
        if (gap) { for (const id of ids) open.target.publish({ type: "news", id, payload: "after" }); }
      },
    });
    const { target, subscribeClient, publishClient } = open;
    for (const id of ids) {
      target.listen("news", id, { onEvent: ({ payload }) => void heard.push(payload) });
    }
    await target.flush();
    // Runs after the event target has sent its commands, and before the server can have answered them.
    subscribeClient.on("ready", () => proxy.stall("answers"));
    proxy.cut();
    await eventually(() => proxy.held > 0);
    assertEquals([subscribeClient.status, target.status.state], ["ready", "reconnecting"]);
    // Nor is it when the other connection comes back meanwhile.
    let isBack = false;
    publishClient.on("ready", () => isBack = true);
    publishProxy.cut();
    await eventually(() => isBack);
    assertEquals(target.status.state, "reconnecting");
    proxy.release();
    await eventually(() => target.status.state === "open");
    await target.flush();
    assertEquals(heard, Array(TOPICS).fill("after"));
  });
}

function numbersUpTo(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => last - count + 1 + i);
}
