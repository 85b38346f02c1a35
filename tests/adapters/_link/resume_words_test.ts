import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createPubSub, RefusedError, SubscriptionOverflowError } from "@alkdev/pubsub";
import { createResume } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import type { SentEnvelope } from "../../support/fake_wire.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";
import { ResumingHub } from "../../support/resuming_hub.ts";
import { type Events, openLink, readAll, requests } from "../../support/resume_pair.ts";

Deno.test("a refusal of any request of a topic ends all of its subscriptions", async () => {
  const { pubsub, wire, ...opened } = await openLink();
  const live = pubsub.subscribe("news", "1");
  const past = pubsub.subscribe("news", "1", { from: "start" });
  const other = pubsub.subscribe("news", "1", { from: "latest" });
  await microtasks();
  wire.receiveEnvelopes(
    {
      type: "__subscribed",
      id: "1",
      payload: { topics: ["news:1"], refused: [], history: [{ at: "a.1", whole: true }] },
    },
    { type: "__subscribed", id: "2", payload: { topics: [], refused: [{ topic: "news:1", reason: "no" }] } },
  );
  for (const one of [live, past, other]) await assertRejects(() => one.next(), RefusedError);
  await opened.close();
});

Deno.test("more events of the past than maxUnread end a subscription that nobody reads, or are dropped and counted", async () => {
  for (const overflow of ["error", "drop-oldest", "drop-newest"] as const) {
    const { pubsub, wire, ...opened } = await openLink(createResume({ maxUnread: 3 }));
    const news = pubsub.subscribe("news", { from: "start", capacity: 2, overflow });
    await microtasks();
    const events = [1, 2, 3, 4, 5, 6, 7].map((payload) => ({
      type: "news",
      id: "1",
      payload,
      at: `a.${payload}`,
    }));
    wire.receiveEnvelopes(
      { type: "__subscribed", id: "1", payload: { topics: ["news"], history: [{ at: "a.0", whole: true }] } },
      { type: "__replay", id: "1", payload: { topic: "news", count: 7 } },
      ...events,
      { type: "__replayed", id: "1", payload: { topic: "news", at: "a.7", whole: true } },
    );
    const expected = overflow === "drop-oldest" ? [3, 4, 5, 6, 7] : [1, 2, 3, 4, 5];
    assertEquals(await readAll(news, 5), expected);
    if (overflow === "error") await assertRejects(() => news.next(), SubscriptionOverflowError, "5 events");
    assertEquals(news.dropped, overflow === "error" ? 1 : 2);
    await opened.close();
  }
  assertThrows(() => createResume({ maxUnread: -1 }), RangeError, "maxUnread");
});

Deno.test("what a hub says of replays that nobody asked for, or says twice, is reported and harms nobody", async () => {
  const { pubsub, wire, ...opened } = await openLink();
  const news = pubsub.subscribe("news", { from: "start" });
  await microtasks();
  const replay = (id: string, payload: unknown): SentEnvelope => ({ type: "__replay", id, payload });
  const replayed = { type: "__replayed", id: "1", payload: { topic: "news", at: "a.2", whole: true } };
  const event = (payload: number, type = "news") => ({ type, id: "1", payload, at: `a.${payload}` });
  const fault = (...envelopes: SentEnvelope[]) => {
    const before = opened.reports.length;
    wire.receiveEnvelopes(...envelopes);
    const faults = opened.reports.slice(before);
    assert(faults.length > 0 && faults.every(({ stage }) => stage === "decode"), JSON.stringify(envelopes));
  };
  fault(replay("7", { topic: "news", count: 0 }));
  fault(replay("1", { topic: "other", count: 0 }));
  wire.receiveEnvelopes({
    type: "__subscribed",
    id: "1",
    payload: { topics: ["news"], refused: [], history: [{ at: "a.0", whole: true }] },
  });
  for (const count of [-1, 0.5, NaN, 1e400, "1", null, {}, []]) fault(replay("1", { topic: "news", count }));
  for (const topic of [undefined, 1, null, ["news"]]) fault(replay("1", { topic, count: 1 }));
  fault(replay("1", { topic: "news", count: 2 }), event(8, "other"), event(1));
  fault(replay("1", { topic: "news", count: 1e15 }), event(2), replayed);
  fault(replayed);
  fault(replay("1", { topic: "news", count: 0 }));
  wire.receiveEnvelopes(event(3));
  assertEquals(await readAll(news, 3), [1, 2, 3]);
  assertEquals([news.gaps, await news.replayed], [0, { whole: true }]);
  await opened.close();
});

Deno.test("any bytes in the words of a hub about the past neither throw nor end a link", async () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("news", "news:1", "1", "a.1", "", "x".repeat(65), "\u0000", -1, 1e300, true, null),
    fc.array(fc.record({ at: fc.jsonValue(), whole: fc.jsonValue() }, { requiredKeys: [] })),
  );
  const payload = fc.record({
    topic: anything,
    topics: fc.oneof(anything, fc.array(fc.constantFrom("news", "news:1", "plain"))),
    history: anything,
    count: fc.oneof(anything, fc.nat(3)),
    at: anything,
    whole: anything,
    refused: anything,
  }, { requiredKeys: [] });
  const envelope = fc.oneof(
    fc.record({
      type: fc.constantFrom("__subscribed", "__replay", "__replayed", "__gap", "__hello"),
      id: fc.constantFrom("", "1", "2", "3", "9"),
      payload: fc.oneof(payload, payload, anything),
    }),
    fc.record({
      type: fc.constantFrom("news", "plain"),
      id: fc.constantFrom("1", "2"),
      payload: fc.nat(),
      at: anything,
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(envelope, { maxLength: 30 }), async (envelopes) => {
      const { pubsub, wire, ...opened } = await openLink();
      const all = [
        pubsub.subscribe("news", { from: "start" }),
        pubsub.subscribe("news", "1"),
        pubsub.subscribe("plain", { from: { latest: "a.1" } }),
      ];
      const stop = pubsub.on("news", () => {}, { from: "latest" });
      await microtasks();
      for (const envelope of envelopes) wire.receiveEnvelopes(envelope);
      await microtasks();
      for (const { position } of [...all, stop]) assert((position ?? "").length <= 64);
      assert(opened.reports.every(({ stage }) => stage === "decode" || stage === "subscribe"));
      opened.lose();
      opened.link.reconnect();
      await opened.open();
      assert(["open", "reconnecting"].includes(opened.link.status.state));
      await Promise.all(all.map((one) => one.return()));
      await opened.close();
    }),
    { numRuns: 200 },
  );
});

Deno.test("positions and options of from are checked at the call, and a position of any length is only sent if it can be one", async () => {
  const { pubsub, wire, ...opened } = await openLink();
  for (const from of [1, null, {}, { last: 0 }, { last: 1.5 }, { latest: 1 }, ["a"]]) {
    assertThrows(() => pubsub.subscribe("news", { from: from as unknown as string }), Error, "from");
  }
  assertThrows(() => pubsub.subscribe("news", { onGap: "maybe" as "error" }), TypeError, "onGap");
  assertThrows(() => pubsub.subscribeAll({ from: "start" }), TypeError, "all events");
  void pubsub.subscribe("news", "1", { from: "x".repeat(1e6) });
  void pubsub.subscribe("news", "2", { from: { latest: "\n" } });
  await microtasks();
  assertEquals(requests(wire), [
    ["subscribe", { topics: ["news:1", "news:2"], since: ["", { from: { latest: "" } }] }],
  ]);
  await opened.close();
});

Deno.test("requests for many topics share controls that every hub accepts, one after another", async () => {
  const hub = new ResumingHub({ news: {} });
  const opened = openReconnecting({ resume: createResume() });
  const pubsub = createPubSub<Events>({ eventTarget: opened.link });
  const ids = Array.from({ length: 10_000 }, (_, i) => `topic-${i}`);
  const all = ids.map((id) => pubsub.subscribe("news", id));
  const connect = async () => {
    opened.link.reconnect();
    await microtasks();
    hub.connect(opened.last());
    opened.last().open();
    for (let i = 0; i < 30; i++) {
      hub.connection?.readUp();
      for (const _ of [...hub.connection?.replays ?? []]) hub.connection?.page(0, 10);
      hub.connection?.deliver();
      await microtasks();
    }
  };
  await connect();
  for (const id of ids.slice(0, 100)) hub.publish({ type: "news", id, payload: 1 });
  hub.connection?.deliver();
  hub.connection = undefined;
  opened.lose();
  for (const id of ids.slice(50, 150)) hub.publish({ type: "news", id, payload: 2 });
  await connect();
  const frames = opened.last().frames.filter((frame) => frame.includes("__subscribe"));
  assert(frames.length < 15 && frames.every((frame) => frame.length <= 64 * 1024), `${frames.length} frames`);
  assertEquals(opened.statuses.at(-1)?.recovered, true);
  for (const [i, news] of all.slice(0, 150).entries()) {
    const expected = [...i < 100 ? [1] : [], ...i >= 50 ? [2] : []];
    assertEquals(await readAll(news, expected.length), expected);
  }
  await opened.close();
});
