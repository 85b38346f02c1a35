import { assertEquals, assertRejects } from "@std/assert";
import { createInProcessEventTarget, RefusedError } from "@alkdev/pubsub";
import { createPair } from "@alkdev/pubsub/testing";
import { withClock } from "../support/clock.ts";
import { eventually } from "../support/eventually.ts";

type Events = { news: number; reply: number };

const silent = { hub: { onError() {} }, link: { onError() {} } };

Deno.test("a pair exchanges events in order, and settles when both sides have handled them and their answers", async () => {
  await using pair = createPair<Events>();
  const { hub, link } = pair;
  const heard: number[] = [];
  link.pubsub.on("news", ({ id, payload }) => link.pubsub.publish("reply", id, payload));
  hub.pubsub.on("reply", ({ payload }) => heard.push(payload));
  await pair.settle();
  for (let n = 0; n < 1000; n++) hub.pubsub.publish("news", "1", n);
  await pair.settle();
  assertEquals(heard, Array.from({ length: 1000 }, (_, n) => n));
});

Deno.test("a link of a pair that loses its connection comes back, and reports one gap", async () => {
  await using pair = createPair<Events>(silent);
  const { hub, link } = pair;
  const states: string[] = [];
  const heard: number[] = [];
  link.pubsub.on("news", "1", ({ payload }) => heard.push(payload), { onGap: () => states.push("onGap") });
  await pair.settle();
  link.eventTarget.addEventListener("statuschange", ({ detail: { state, gap } }) => {
    states.push(gap ? `${state}, gap` : state);
  });
  await link.gap(() => hub.pubsub.publish("news", "1", 1));
  hub.pubsub.publish("news", "1", 2);
  await pair.settle();
  assertEquals(heard, [2]);
  assertEquals(states.filter((state) => state.includes("ap")), ["onGap", "open, gap"]);
  link.lose();
  await pair.settle();
  assertEquals(states.filter((state) => state === "open, gap").length, 2);
  hub.pubsub.publish("news", "1", 3);
  await pair.settle();
  assertEquals(heard, [2, 3]);
});

Deno.test("a link of a pair that is offline stays away until it is online", async () => {
  await using pair = createPair<Events>(silent);
  const { hub, link } = pair;
  await pair.settle();
  link.offline = true;
  await eventually(() => assertEquals(link.eventTarget.status.state, "reconnecting"));
  link.eventTarget.reconnect();
  await eventually(() => assertEquals(link.eventTarget.status.attempt, 2));
  assertEquals([link.offline, hub.eventTarget.connectionCount], [true, 0]);
  const heard: number[] = [];
  hub.pubsub.on("reply", ({ payload }) => heard.push(payload));
  link.pubsub.publish("reply", "1", 1);
  link.offline = false;
  await eventually(() => assertEquals(heard, [1]));
});

Deno.test("a link of a pair that is offline from the start needs no timer to come back", () =>
  withClock(async () => {
    const pair = createPair<Events>(silent);
    const { link } = pair;
    link.offline = true;
    while (link.eventTarget.status.attempt === undefined) await Promise.resolve();
    link.offline = false;
    await pair.settle();
    assertEquals(link.eventTarget.status.state, "open");
    await pair[Symbol.asyncDispose]();
  }));

Deno.test("a pair refuses what the test selects, also subscriptions that exist, and nothing else", async () => {
  await using pair = createPair<Events>(silent);
  const { hub, link } = pair;
  const heard: number[] = [];
  hub.pubsub.on("reply", ({ payload }) => heard.push(payload));
  const news = link.pubsub.subscribe("news", "1");
  const other = link.pubsub.subscribe("news", "2");
  await Promise.all([news.ready, other.ready]);
  pair.refuse(({ action, id }) => id === "1" || action === "publish");
  await assertRejects(() => news.next(), RefusedError);
  await assertRejects(() => link.pubsub.subscribe("news", "1").ready, RefusedError);
  link.pubsub.publish("reply", "2", 1);
  await pair.settle();
  assertEquals(heard, []);
  pair.refuse();
  await link.pubsub.subscribe("news", "1").ready;
  link.pubsub.publish("reply", "2", 2);
  hub.pubsub.publish("news", "2", 3);
  await pair.settle();
  assertEquals([heard, (await other.next()).value?.payload], [[2], 3]);
});

Deno.test("a slow link of a pair gets later what waits, and is dropped when too much waits", async () => {
  const slow: string[] = [];
  const hubOptions = { backpressureGraceMs: 20, onError() {}, onBackpressure: () => void slow.push("slow") };
  await using pair = createPair<Events>({ ...silent, hub: hubOptions });
  const { hub, link } = pair;
  const heard: number[] = [];
  link.pubsub.on("news", ({ payload }) => heard.push(payload));
  await pair.settle();
  link.slow = true;
  hub.pubsub.publish("news", "1", 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(heard, []);
  link.slow = false;
  await eventually(() => assertEquals(heard, [1]));
  link.slow = true;
  for (let n = 0; n < 30_000; n++) {
    hub.eventTarget.publish({ type: "news", id: "1", payload: "x".repeat(100) });
  }
  await eventually(() => assertEquals(slow, ["slow"]));
});

Deno.test("links of a pair hear each other over an upstream, and authorize of the hub is still asked", async () => {
  await using upstream = createInProcessEventTarget();
  await using pair = createPair<Events>({
    ...silent,
    hub: { upstream, onError() {}, authorize: ({ type }) => type === "news" },
  });
  const second = pair.addLink({ onError() {} });
  const news = second.pubsub.subscribe("news");
  await news.ready;
  pair.link.pubsub.publish("news", "1", 1);
  assertEquals((await news.next()).value?.payload, 1);
  await assertRejects(() => second.pubsub.subscribe("reply").ready, RefusedError);
});

Deno.test("a pair without a map of events carries any event", async () => {
  await using pair = createPair();
  const heard: unknown[] = [];
  pair.link.pubsub.on("news", ({ payload }) => heard.push(payload));
  await pair.settle();
  pair.hub.pubsub.publish("news", "1", 5);
  await pair.settle();
  assertEquals(heard, [5]);
});

Deno.test("a link that has ended, or ends meanwhile, rejects in place of a gap", async () => {
  await using pair = createPair<Events>(silent);
  const { link } = pair;
  await assertRejects(() => link.gap(() => void link.eventTarget.close()), Error, "the link has ended");
  await assertRejects(() => link.gap(), Error, "the link has ended");
});

Deno.test("authorize of a pair must allow, as on any hub: no answer refuses", async () => {
  const heard: unknown[] = [];
  for (const answer of [undefined, null, 1, false, true]) {
    const authorize = () => answer as boolean;
    await using pair = createPair<Events>({ hub: { authorize, onError() {} }, link: { onError() {} } });
    pair.hub.pubsub.on("reply", ({ payload }) => heard.push([answer, payload]));
    const ready = pair.link.pubsub.subscribe("news").ready;
    if (answer === true) await ready;
    else await assertRejects(() => ready, RefusedError);
    pair.link.pubsub.publish("reply", "1", 1);
    await pair.settle();
  }
  assertEquals(heard, [[true, 1]]);
});
