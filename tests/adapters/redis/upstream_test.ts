import { assert, assertEquals } from "@std/assert";
import type { EventEnvelope, EventTargetStatus } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { openRedis, startRedis } from "../../support/redis.ts";

const EVENTS = 100;

Deno.test("the spokes of two hubs over one Redis receive each other's events, and with echo their own", async () => {
  await using server = await startRedis();
  await using first = openRedis(server, "ioredis 5");
  await using second = openRedis(server, "ioredis 6");
  await using one = serveHub({ upstream: first.target });
  await using two = serveHub({ upstream: second.target });
  const spokes = [one, two, one, two].map(({ url }, place) => openLink(url, { echo: place < 2 }));
  const received = spokes.map(({ link }): EventEnvelope[] => {
    const envelopes: EventEnvelope[] = [];
    link.listen("news", "1", { onEvent: (envelope) => void envelopes.push(envelope) });
    return envelopes;
  });
  for (const { link } of spokes) await link.flush();
  for (let n = 0; n < EVENTS; n++) {
    for (const [place, { link }] of spokes.entries()) {
      link.publish({ type: "news", id: "1", payload: { place, n } });
    }
  }
  const wanted = [4, 4, 3, 3].map((publishers) => publishers * EVENTS);
  await eventually(() => assertEquals(received.map(({ length }) => length), wanted));
  for (const [listener, envelopes] of received.entries()) {
    for (const publisher of spokes.keys()) {
      const own = envelopes.map(({ payload }) => payload as { place: number; n: number })
        .filter(({ place }) => place === publisher).map(({ n }) => n);
      const silent = listener === publisher && listener >= 2;
      assertEquals(own, silent ? [] : Array.from({ length: EVENTS }, (_, n) => n));
    }
    // Listeners do not see the via of an event.
    for (const envelope of envelopes) assertEquals(Object.keys(envelope), ["type", "id", "payload"]);
  }
  for (const { link } of spokes) await link.close();
  assertEquals([one.faults, two.faults, first.faults, second.faults], [[], [], [], []]);
});

Deno.test("a spoke that subscribes while Redis is down is acknowledged once Redis is back, and learns of the gap", async () => {
  await using server = await startRedis();
  const log: string[] = [];
  await using redis = openRedis(server, "ioredis 5", { onStatus: ({ state }) => void log.push(state) });
  await using served = serveHub({ upstream: redis.target });
  const statuses: EventTargetStatus[] = [];
  const { link } = openLink(served.url, { onStatus: (status) => void statuses.push(status) });
  const received: unknown[] = [];
  link.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
  await link.flush();

  await server.kill("SIGKILL");
  await eventually(() => redis.target.status.state === "reconnecting");
  link.listen("news", "2", {
    onEvent: ({ payload }) => void received.push(payload),
    onReady: () => void log.push("ready"),
  });

  await server.restart();
  await eventually(() => assert(log.includes("ready")), { timeoutMs: 15_000 });
  assert(log.indexOf("ready") > log.indexOf("reconnecting"));
  await eventually(() => assert(statuses.some(({ gap }) => gap)));
  link.publish({ type: "news", id: "1", payload: "after" });
  link.publish({ type: "news", id: "2", payload: "after too" });
  await eventually(() => assertEquals(received, ["after", "after too"]));
  await link.close();
});

Deno.test("links have degraded: true while the Redis of their hub is away", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5");
  await using served = serveHub({ upstream: redis.target });
  const { link } = openLink(served.url);
  await link.flush();
  await eventually(() => assertEquals(link.status, { state: "open" }));
  await server.kill("SIGKILL");
  await eventually(() => assertEquals(link.status, { state: "open", degraded: true }));
  assertEquals(served.hub.status.degraded, true);
  await server.restart();
  await eventually(() => assertEquals(link.status.degraded, undefined));
  assertEquals(served.hub.status.degraded, undefined);
  await link.close();
});
