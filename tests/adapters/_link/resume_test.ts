import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createPubSub } from "@alkdev/pubsub";
import { GapError } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";
import { openLink, openPair, readAll, requests } from "../../support/resume_pair.ts";

Deno.test("a link with resume says so, and asks where its topics begin; others do not", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle } = opened;
  void pubsub.subscribe("news", "1");
  void pubsub.subscribe("news", "2", { from: "start" });
  void pubsub.subscribe("news", "2", { from: { last: 2 } });
  void pubsub.subscribe("news", "2");
  void pubsub.subscribeAll();
  await settle();
  const [hello] = hub.connection?.wire.envelopes ?? [];
  assertEquals((hello?.payload as { history?: boolean }).history, true);
  assertEquals(requests(opened.last()), [
    ["subscribe", {
      topics: ["news:1", "news:2", "*"],
      since: [{ from: "now" }, { from: "start" }, null],
    }],
    ["subscribe", { topics: ["news:2"], since: [{ from: { last: 2 } }] }],
    ["subscribe", { topics: ["news:2"], since: [{ from: "now" }] }],
  ]);
  await opened.close();

  const plain = openReconnecting();
  const wire = await plain.open();
  plain.listen("news:1");
  await microtasks();
  assertEquals((wire.envelopes[0]?.payload as { history?: boolean }).history, undefined);
  assertEquals(requests(wire), [["subscribe", { topics: ["news:1"] }]]);
  const pubsub2 = createPubSub({ eventTarget: plain.link });
  assertThrows(() => pubsub2.subscribe("news", { from: "start" }), TypeError, "resume");
  await plain.close();
});

Deno.test("subscriptions that begin at the same place are one request, as long as it was not sent", async () => {
  const { pubsub, publish, settle, deliver, ...opened } = await openPair();
  publish("1", 1, 2, 3);
  const all = Array.from({ length: 1200 }, () => pubsub.subscribe("news", "1", { from: "start" }));
  const last = [2, 2, 1].map((last) => pubsub.subscribe("news", "1", { from: { last } }));
  void all.pop()?.return();
  await settle();
  const later = pubsub.subscribe("news", "1", { from: "start" });
  await settle();
  await deliver("1", 4);
  assertEquals(requests(opened.last()), [
    ["subscribe", { topics: ["news:1"], since: [{ from: "start" }] }],
    ["subscribe", { topics: ["news:1"], since: [{ from: { last: 2 } }] }],
    ["subscribe", { topics: ["news:1"], since: [{ from: { last: 1 } }] }],
    ["subscribe", { topics: ["news:1"], since: [{ from: "start" }] }],
  ]);
  for (const events of [...all.slice(0, 3), ...all.slice(-3), later]) {
    assertEquals([await readAll(events, 4), (await events.replayed)?.whole], [[1, 2, 3, 4], true]);
  }
  assertEquals(await Promise.all(last.map((events, i) => readAll(events, i < 2 ? 3 : 2))), [
    [2, 3, 4],
    [2, 3, 4],
    [3, 4],
  ]);
  await opened.close();
});

Deno.test("a request that is restarted takes no reader that begins elsewhere, or has lost less", async () => {
  const { pubsub, publish, settle, cut, hub, deliver, rejoin, ...opened } = await openPair();
  publish("1", 1, 2);
  const first = pubsub.subscribe("news", "1", { from: "start" });
  await settle();
  const position = first.position;
  cut();
  publish("1", 3);
  hub.history.forget("news");
  publish("1", 4);
  const second = pubsub.subscribe("news", "1", { from: position });
  const third = pubsub.subscribe("news", "1", { from: "start" });
  await rejoin();
  assertEquals(await readAll(first, 2), [1, 2]);
  await deliver("1", 5);
  assertEquals([await readAll(first, 1), await readAll(second, 1), await readAll(third, 2)], [[5], [5], [
    4,
    5,
  ]]);
  assertEquals([first.gaps, second.gaps, third.gaps], [1, 1, 1]);
  await opened.close();
});

Deno.test("a live event that only a replay brings to its listeners counts once as dropped, and once as delivered", async () => {
  for (const isHeardLive of [false, true]) {
    const { pubsub, wire, ...opened } = await openLink();
    const past = pubsub.subscribe("news", "1", { from: "start" });
    if (isHeardLive) opened.listen("news", { onEvent() {} });
    await microtasks();
    const event = (payload: number) => ({ type: "news", id: "1", payload, at: `a.${payload}` });
    const ref = wire.envelopes.findLast(({ payload }) =>
      JSON.stringify(payload)?.includes('"since"') && JSON.stringify(payload).includes("start")
    )?.id ?? "";
    wire.receiveEnvelopes(
      {
        type: "__subscribed",
        id: ref,
        payload: { topics: ["news:1"], refused: [], history: [{ at: "a.0", whole: true }] },
      },
      event(1),
      { type: "__replay", id: ref, payload: { topic: "news:1", count: 1 } },
      event(1),
      { type: "__replayed", id: ref, payload: { topic: "news:1", at: "a.1", whole: true } },
      event(2),
    );
    assertEquals(await readAll(past, 2), [1, 2]);
    const { total, delivered, dropped } = opened.link.stats().heard;
    assertEquals([total, delivered, dropped.replay], isHeardLive ? [3, 3, 0] : [3, 2, 1]);
    await opened.close();
  }
});

Deno.test("the end of a subscription stops its replay alone; what is still on the way reaches nobody", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, deliver } = opened;
  publish("1", 1, 2, 3, 4);
  const one = pubsub.subscribe("news", "1", { from: "start" });
  const other = pubsub.subscribe("news", "1", { from: { last: 3 } });
  await microtasks();
  hub.connection?.readUp();
  hub.connection?.page(0, 1);
  hub.connection?.page(1, 1);
  hub.connection?.deliver();
  assertEquals([await readAll(one, 1), await readAll(other, 1)], [[1], [2]]);
  hub.connection?.page(0, 1);
  await one.return();
  await microtasks();
  assertEquals(requests(opened.last()).at(-1), ["unsubscribe", { topics: ["news:1"], replay: "1" }]);
  await settle();
  assertEquals(await readAll(other, 2), [3, 4]);
  await deliver("1", 5);
  assertEquals(await readAll(other, 1), [5]);
  await other.return();
  await microtasks();
  assertEquals(requests(opened.last()).at(-1), ["unsubscribe", { topics: ["news:1"] }]);
  await settle();
  assertEquals([hub.connection?.topics, opened.reports], [[], []]);
  await opened.close();
});

Deno.test("an event without a position is delivered during a replay, and one of another topic too", async () => {
  const opened = await openPair();
  const { pubsub, hub, publish, settle } = opened;
  publish("1", 1, 2);
  const news = pubsub.subscribe("news", { from: "start" });
  const all = pubsub.subscribeAll();
  await microtasks();
  hub.connection?.readUp();
  hub.connection?.send({ type: "news", id: "1", payload: 0 }, { type: "plain", id: "1", payload: 9 });
  hub.connection?.deliver();
  assertEquals([await readAll(news, 1), await readAll(all, 2)], [[0], [0, 9]]);
  await settle();
  assertEquals(await readAll(news, 2), [1, 2]);
  await opened.close();
});

Deno.test("a gap of its upstream that the hub reports reaches the readers of its topics, or all of them", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, statuses } = opened;
  const one = pubsub.subscribe("news", "1");
  const two = pubsub.subscribe("news", "2", { onGap: "error" });
  const bare = pubsub.subscribe("news");
  const state = pubsub.subscribe("state");
  await settle();
  hub.connection?.send({ type: "__gap", id: "", payload: { topics: ["news:1"] } });
  await settle();
  assertEquals([one.gaps, two.gaps, bare.gaps, state.gaps], [1, 0, 1, 0]);
  assertEquals(statuses.at(-1)?.gap, true);
  hub.connection?.send({ type: "__gap", id: "" });
  await settle();
  assertEquals([one.gaps, two.gaps, bare.gaps, state.gaps], [2, 1, 2, 1]);
  await assertRejects(() => two.next(), GapError);
  await opened.close();
});

Deno.test("a live subscription hears what arrives before its answer, and stands there", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, cut, rejoin } = opened;
  const all = pubsub.subscribe("news");
  await settle();
  const one = pubsub.subscribe("news", "1");
  await microtasks();
  publish("1", 1);
  hub.connection?.deliver();
  assertEquals([await readAll(all, 1), await readAll(one, 1)], [[1], [1]]);
  hub.connection?.readUp();
  cut();
  publish("1", 2);
  await rejoin();
  assertEquals([await readAll(all, 1), await readAll(one, 1), one.gaps], [[2], [2], 0]);
  await opened.close();
});
