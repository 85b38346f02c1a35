import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { assert, assertEquals, assertGreater } from "@std/assert";
// @ts-types="../../hub/ioredis.d.ts"
import { Redis } from "ioredis";
import { Neighbours } from "../../hub/live/neighbours.ts";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hub_program.ts";
import { assertWhole, openLivePage, rowsOf, serveLivePage, tile } from "../support/live_page.ts";
import { LEAVES_TIMERS, LIBRARIES, startRedis } from "../support/redis.ts";

Deno.test.beforeAll(buildLivePage);

Deno.test(
  "hubs of one Redis are side by side on the page of each, and topics have rates",
  LEAVES_TIMERS,
  async () => {
    await using redis = await startRedis();
    await using one = await serveHub({ redis: redis.path });
    await using two = await serveHub({ redis: redis.path });
    const link = createWebSocketClientEventTarget(
      () => new WebSocket(`${one.url.replace("http", "ws")}/events`),
      { onError() {} },
    );
    const heard = createPubSub({ eventTarget: link }).subscribe("news", "a");
    await heard.ready;
    await using page = await serveLivePage(one);
    await using browser = await openLivePage(page.url);
    const publisher = createPubSub({ eventTarget: two.hub });
    // More than is asserted, since a busy machine stops some of the turns.
    const published = setInterval(() => {
      for (let i = 0; i < 10; i++) publisher.publish("news", "a", i);
    }, 20);
    const client = new LIBRARIES["ioredis 5"](redis.path);

    const ports = [one, two].map(({ url }) => new URL(url).port);
    const hubs = async () =>
      (await browser.value(rowsOf("#hubs")) as string[][]).map((
        [name = "", state, , spokes, topics, , out],
      ) => ({
        port: name.split(":").at(-1),
        numbers: [state, spokes, topics],
        isBusy: Number(out) > 20,
      }));
    await eventually(async () =>
      assertEquals(await hubs(), [
        { port: ports[0], numbers: ["ready", "1", "1"], isBusy: true },
        { port: ports[1], numbers: ["ready", "0", "0"], isBusy: false },
      ])
    );
    // The other hub has the topic's events counted as in, and the first one as out.
    await eventually(async () => {
      const [[topic, rate] = []] = await browser.value(rowsOf("#topics")) as string[][];
      assertEquals(topic, "news:a");
      assertGreater(Number(rate), 20);
      const out = String(await browser.value(tile("Events out")));
      assertGreater(Number(out.replaceAll(",", "")), 20);
      // The page is sent rows every few seconds, and a rate takes two of them.
    }, { timeoutMs: 30_000 });
    // To count them, the page subscribes to nothing that its hub has not subscribed to.
    assertEquals(await client.call("pubsub", "numsub", "news:a"), ["news:a", 1]);
    assertEquals(await client.call("pubsub", "numpat"), 0);

    clearInterval(published);
    await assertWhole(browser);
    await link.close();
    // A hub that ends in order is gone at once.
    await two.close();
    await eventually(async () => assert(!(await hubs()).some(({ port }) => port === ports[1])));
    client.disconnect();
  },
);

Deno.test("what else is in the hash of Redis is taken away, and never shown", LEAVES_TIMERS, async () => {
  await using redis = await startRedis();
  const client = new Redis(redis.path, {});
  const row = {
    id: "one",
    name: "<b>one</b>",
    version: "1",
    startedAt: 1,
    at: Date.now(),
    isReady: true,
    counts: { a: 1 },
  };
  const foreign = {
    text: "x",
    json: "[]",
    null: "null",
    counts: JSON.stringify({ ...row, counts: { a: "1" } }),
    none: JSON.stringify({ ...row, counts: undefined }),
    number: JSON.stringify({ ...row, id: "number", counts: 5 }),
    infinite: JSON.stringify({ ...row, id: "infinite", at: 0 }).replace('"at":0', '"at":1e999'),
    other: JSON.stringify(row),
    large: JSON.stringify({ ...row, id: "large", counts: { ["x".repeat(10_000)]: 1 } }),
    long: JSON.stringify({ ...row, name: "x".repeat(1000) }),
    old: JSON.stringify({ ...row, at: Date.now() - 3_600_000 }),
  };
  for (const [field, text] of Object.entries(foreign)) await client.hset("pubsub-hub:hubs", field, text);
  const hubs = new Neighbours(client, () => row);
  await eventually(() => {
    assertEquals(hubs.read().map(({ silentMs: _, ...rest }) => rest), [row]);
  });
  await eventually(async () => assertEquals(Object.keys(await client.hgetall("pubsub-hub:hubs")), ["one"]));
  await hubs.close();
  assertEquals(await client.hgetall("pubsub-hub:hubs"), {});
  client.disconnect();
});
