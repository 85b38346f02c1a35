import { createPubSub } from "@alkdev/pubsub";
import { assertEquals, assertRejects } from "@std/assert";
import { readEvents } from "../support/event_streams.ts";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hub_program.ts";
import { ask, LEAVES_TIMERS, startRedis } from "../support/redis.ts";

Deno.test(
  "hubs of one Redis share events and the past, and are ready while Redis is there",
  LEAVES_TIMERS,
  async () => {
    await using redis = await startRedis();
    const config = { redis: redis.path, history: { news: { perId: 10 } } };
    await using one = await serveHub(config);
    await using other = await serveHub(config);
    await using stream = await readEvents(other.url, ["news"]);
    const pubsub = createPubSub<{ news: number }>({ eventTarget: one.hub });
    pubsub.publish("news", "a", 1);
    await eventually(() => assertEquals(stream.messages.length, 2));
    await using late = await readEvents(other.url, ["news"], {}, "from=latest");
    await eventually(() =>
      assertEquals(late.messages.map(({ event }) => event), ["subscribed", undefined, "replayed"])
    );
    assertEquals(Object(stream.messages[1]?.data).payload, 1);
    const ready = await fetch(`${one.url}/readyz`);
    assertEquals([ready.status, await ready.text()], [200, "ok\n"]);
    await redis.kill("SIGKILL");
    await eventually(async () => {
      const response = await fetch(`${one.url}/readyz`);
      assertEquals([response.status, await response.text()], [503, "not ready\n"]);
    });
    const health = await fetch(`${one.url}/healthz`);
    assertEquals([health.status, await health.text()], [200, "ok\n"]);
  },
);

Deno.test(
  "a Redis that is not there ends the start, without its password in the error",
  LEAVES_TIMERS,
  async () => {
    const error = await assertRejects(
      () => serveHub({ redis: "redis://:hunter2@127.0.0.1:1" }),
      Error,
      "127.0.0.1:1",
    );
    assertEquals(
      error.message,
      "Cannot connect to the Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    );
  },
);

Deno.test("a Redis that cannot be used at the start is named with the reason", LEAVES_TIMERS, async () => {
  await using redis = await startRedis({ args: ["--requirepass", "hunter2"] });
  await assertRejects(() => serveHub({ redis: redis.path }), Error, ": NOAUTH");
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = silent.accept();
  const address = `127.0.0.1:${silent.addr.port}`;
  const error = await assertRejects(() => serveHub({ redis: `redis://:hunter2@${address}` }), Error);
  (await accepting).close();
  assertEquals(
    error.message,
    `Cannot connect to the Redis at ${address}: it is not ready after 5000 ms`,
  );
});

Deno.test(
  "a hub is beside others again after its Redis has hung, died and been started again",
  LEAVES_TIMERS,
  async () => {
    await using redis = await startRedis();
    const rows = () => ask(redis, "HLEN", "pubsub-hub:hubs");
    await using _hub = await serveHub({ redis: redis.path });
    await eventually(async () => assertEquals(await rows(), 1));
    // A row that was sent then has no answer for ever.
    await redis.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await redis.kill("SIGKILL");
    await redis.restart();
    await eventually(async () => assertEquals(await rows(), 1), { timeoutMs: 15_000 });
  },
);
