import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createPubSub, RefusedError, SubscriptionOverflowError } from "@alkdev/pubsub";
import { createResume, GapError, NoHistoryError, type Resume } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import type { FakeWire, SentEnvelope } from "../../support/fake_wire.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";
import { ResumingHub } from "../../support/resuming_hub.ts";

type Events = { news: number; state: number; plain: number };

/** A link whose hub says what a test says. */
async function openLink(resume: Resume = createResume()) {
  const opened = openReconnecting({ resume });
  const wire = await opened.open();
  return { ...opened, wire, pubsub: createPubSub<Events>({ eventTarget: opened.link }) };
}

/** A link and a hub with a history, whose frames are delivered at once when a test says so. */
async function openPair(perId = Infinity) {
  const hub = new ResumingHub({ news: { perId }, state: { perId: 1 } });
  const opened = openReconnecting({ resume: createResume() });
  const { link } = opened;
  const connect = async () => {
    link.reconnect();
    await microtasks();
    hub.connect(opened.last());
    opened.last().open();
    await microtasks();
  };
  await connect();
  return {
    ...opened,
    hub,
    pubsub: createPubSub<Events>({ eventTarget: link }),
    connect,
    publish: (id: string, ...payloads: number[]) => {
      for (const payload of payloads) hub.publish({ type: "news", id, payload });
    },
    cut() {
      hub.connection = undefined;
      opened.lose();
    },
    /** Delivers everything, in both directions. */
    async settle() {
      for (let i = 0; i < 100; i++) {
        hub.connection?.readUp();
        hub.connection?.page(0, 2);
        hub.connection?.deliver();
        await microtasks();
      }
    },
  };
}

/** The requests for topics that were sent on a wire. */
function requests(wire: FakeWire): unknown[] {
  return wire.envelopes.filter(({ type }) => type === "__subscribe" || type === "__unsubscribe")
    .map(({ type, payload }) => [type.slice(2), payload]);
}

async function readAll(
  events: AsyncIterableIterator<{ payload: unknown }>,
  count: number,
): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for (let i = 0; i < count; i++) payloads.push((await events.next()).value?.payload);
  return payloads;
}

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

Deno.test("after a loss each topic asks once from where it stands, by the weakest thing that satisfies its readers", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, cut, connect } = opened;
  void pubsub.subscribe("news", "1");
  void pubsub.subscribe("news", "1", { from: "start" });
  void pubsub.subscribe("state", "1", { from: "latest" });
  void pubsub.subscribe("state", "2", { from: "latest" });
  void pubsub.subscribe("state", "2");
  await settle();
  publish("1", 1, 2);
  await settle();
  const head = hub.history.head({ type: "news", id: "1" });
  cut();
  await connect();
  const [request, second] = requests(opened.last()) as [string, { topics: string[]; since: unknown[] }][];
  assertEquals(request?.[1].topics, ["news:1", "state:1", "state:2"]);
  const [, idle] = request?.[1].since ?? [];
  // An idle topic stands where it was acknowledged.
  const { latest } = (idle as { from: { latest: string } }).from;
  assert(!hub.history.isAfter(latest, head));
  assertEquals(request?.[1].since, [head, { from: { latest } }, latest]);
  assertEquals(second?.[1], { topics: ["state:2"], since: [{ from: { latest } }] });
  await settle();
  assertEquals(opened.statuses.at(-1)?.recovered, true);
  await opened.close();
});

Deno.test("a link recovers from a loss after every frame of a replay, and of the replay after that", async () => {
  const payloads = [1, 2, 3, 4, 5, 6, 7];
  for (let first = 0; first < 30; first++) {
    const opened = await openPair();
    const { pubsub, hub, settle, publish, cut, connect, statuses } = opened;
    hub.splitsFrames = true;
    publish("1", ...payloads);
    const news = pubsub.subscribe("news", { from: "start" });
    const called: number[] = [];
    const stop = pubsub.on("news", "1", ({ payload }) => void called.push(payload), { from: { last: 6 } });
    for (const frames of [first, first % 7, 1]) {
      hub.connection?.readUp();
      // An event between every two steps.
      for (let i = 0; i < 20; i++) hub.connection?.page(i, 2);
      hub.connection?.deliver(frames);
      publish("1", payloads.push(payloads.length + 1));
      await microtasks();
      cut();
      await connect();
    }
    await settle();
    assertEquals(await readAll(news, payloads.length), payloads);
    // It asked when there were seven events, unless the hub never heard of it.
    assertEquals(called, payloads.slice(payloads.indexOf(called[0] ?? 0)));
    assertEquals([news.gaps, stop.gaps, statuses.at(-1)?.recovered], [0, 0, true]);
    assertEquals(opened.reports.filter(({ stage }) => stage !== "connect"), []);
    await opened.close();
  }
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
  const { pubsub, hub, settle, publish } = opened;
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
  publish("1", 5);
  await settle();
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

Deno.test("a gap during a recovery is in its outcome, which is told once", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, cut, connect, statuses } = opened;
  const news = pubsub.subscribe("news");
  await settle();
  cut();
  publish("1", 1);
  await connect();
  hub.connection?.readUp();
  hub.connection?.send({ type: "__gap", id: "" });
  await settle();
  assertEquals(statuses.map(({ state, gap, recovered }) => [state, gap ?? recovered]), [
    ["open", undefined],
    ["reconnecting", undefined],
    ["open", undefined],
    ["open", true],
  ]);
  assertEquals([statuses.at(-1)?.gap, news.gaps, await readAll(news, 1)], [true, 1, [1]]);
  await opened.close();
});

Deno.test("a hub of an earlier version ends subscriptions that begin in the past, and others stay live", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, cut, connect } = opened;
  const news = pubsub.subscribe("news");
  const late = pubsub.subscribe("news", { from: "start" });
  await settle();
  publish("1", 1);
  await settle();
  // The next hub is older: what was asked from a position is a gap there.
  hub.isOld = true;
  cut();
  await connect();
  await settle();
  publish("1", 2);
  await settle();
  assertEquals([await readAll(news, 2), await readAll(late, 2)], [[1, 2], [1, 2]]);
  assertEquals([news.gaps, late.gaps, opened.statuses.at(-1)?.gap], [1, 1, true]);
  const asked = pubsub.subscribe("news", { from: "latest" });
  await settle();
  await assertRejects(() => asked.next(), NoHistoryError);
  // And newer again: what was missed has no position.
  cut();
  hub.isOld = false;
  publish("1", 3);
  await connect();
  await settle();
  publish("1", 4);
  await settle();
  assertEquals([await readAll(news, 1), news.gaps], [[4], 2]);
  cut();
  publish("1", 5);
  await connect();
  await settle();
  assertEquals([await readAll(news, 1), news.gaps, opened.statuses.at(-1)?.recovered], [[5], 2, true]);
  await opened.close();
});

Deno.test("a live subscription hears what arrives before its answer, and stands there", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, publish, cut, connect } = opened;
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
  await connect();
  await settle();
  assertEquals([await readAll(all, 1), await readAll(one, 1), one.gaps], [[2], [2], 0]);
  await opened.close();
});

Deno.test("open is told after a loss once every request is answered, and its outcome is that of this loss", async () => {
  const opened = await openPair(2);
  const { pubsub, hub, publish, settle, cut, connect, statuses } = opened;
  publish("1", 1, 2, 3);
  // Its gap has nothing to do with a loss of the connection.
  const news = pubsub.subscribe("news", { from: "start" });
  const latest = pubsub.subscribe("news", { from: "latest" });
  await settle();
  assertEquals([news.gaps, latest.gaps], [1, 0]);
  for (const outcome of ["recovered", "gap", "recovered"] as const) {
    cut();
    if (outcome === "gap") publish("1", 4, 5, 6);
    await connect();
    hub.connection?.readUp(2);
    hub.connection?.deliver();
    assertEquals(statuses.at(-1)?.state, "reconnecting");
    hub.connection?.readUp();
    hub.connection?.deliver();
    assertEquals([statuses.at(-1)?.state, statuses.at(-1)?.gap], ["open", undefined]);
    await settle();
    assertEquals([statuses.at(-1)?.state, statuses.at(-1)?.[outcome]], ["open", true]);
  }
  assertEquals([news.gaps, latest.gaps], [2, 0]);
  await opened.close();
});

Deno.test("what was asked in the turn of a loss is asked on the next connection", async () => {
  const opened = await openPair();
  const { pubsub, settle, publish, cut, connect } = opened;
  publish("1", 1, 2);
  const one = pubsub.subscribe("news", "1");
  await settle();
  const past = pubsub.subscribe("news", "1", { from: "start" });
  const other = pubsub.subscribe("news", { from: "start" });
  cut();
  await connect();
  await settle();
  publish("1", 3);
  await settle();
  assertEquals([await readAll(past, 3), await readAll(other, 3), await readAll(one, 1)], [[1, 2, 3], [
    1,
    2,
    3,
  ], [3]]);
  await opened.close();
});

Deno.test("a gap before the first loss is not in the outcome of a later recovery", async () => {
  const hub = new ResumingHub({ news: { perId: 2 } });
  const opened = openReconnecting({ resume: createResume() });
  const news = createPubSub<Events>({ eventTarget: opened.link }).subscribe("news", { from: "start" });
  for (const payload of [1, 2, 3]) hub.publish({ type: "news", id: "1", payload });
  // The first attempt fails.
  await microtasks();
  opened.lose();
  for (let connection = 0; connection < 2; connection++) {
    opened.link.reconnect();
    await microtasks();
    hub.connect(opened.last());
    opened.last().open();
    for (let i = 0; i < 5; i++) {
      await microtasks();
      hub.connection?.readUp();
      hub.connection?.page(0, 9);
      hub.connection?.deliver();
    }
    if (connection === 0) opened.lose();
  }
  assertEquals([news.gaps, opened.statuses.at(-1)?.recovered], [1, true]);
  await opened.close();
});

Deno.test("a live subscription stands where it began, or at a later event that has arrived before the answer", async () => {
  const { pubsub, wire, ...opened } = await openLink();
  const event = (payload: number) => ({ type: "news", id: "1", payload, at: `a.${payload}` });
  const answer = (id: string, ...places: string[]) => ({
    type: "__subscribed",
    id,
    payload: {
      topics: places.map(() => "news"),
      refused: [],
      history: places.map((at) => ({ at, whole: true })),
    },
  });
  const replaying = pubsub.subscribe("news", { from: "start" });
  const first = pubsub.subscribe("news");
  await microtasks();
  wire.receiveEnvelopes(answer("1", "a.0"), answer("2", "a.1"));
  await first.ready;
  // It shares the place of the first one, without a question.
  const sent = wire.frames.length;
  const second = pubsub.subscribe("news");
  await second.ready;
  assertEquals([first.position, second.position, wire.frames.length], ["a.1", "a.1", sent]);
  wire.receiveEnvelopes(event(2));
  await Promise.all([first.return(), second.return()]);
  // A hub may leave out live events of a topic that is only replayed.
  const third = pubsub.subscribe("news");
  await microtasks();
  wire.receiveEnvelopes(answer("3", "a.4"));
  await third.ready;
  assertEquals(third.position, "a.4");
  await replaying.return();
  await third.return();
  const fourth = pubsub.subscribe("news");
  await microtasks();
  // An upstream that is far away can be asked for its head while an event is on its way.
  wire.receiveEnvelopes(event(7), answer("6", "a.6"));
  await fourth.ready;
  opened.lose();
  opened.link.reconnect();
  const next = await opened.open();
  assertEquals(requests(next), [["subscribe", { topics: ["news"], since: ["a.7"] }]]);
  await opened.close();
});

Deno.test("a gap is told once for each replay, wherever the hub tells it first", async () => {
  const { pubsub, wire, ...opened } = await openLink();
  const log: unknown[] = [];
  const stop = pubsub.on("news", ({ payload }) => void log.push(payload), {
    from: "start",
    onGap: () => void log.push("gap"),
  });
  await microtasks();
  const event = (payload: number) => ({ type: "news", id: "1", payload, at: `a.${payload}` });
  const begin = (whole: boolean) => ({
    type: "__subscribed",
    id: "1",
    payload: { topics: ["news"], refused: [], history: [{ at: "a.0", whole }] },
  });
  const page = (count: number, whole?: false) => ({
    type: "__replay",
    id: "1",
    payload: { topic: "news", count, whole },
  });
  const end = { type: "__replayed", id: "1", payload: { topic: "news", at: "a.9", whole: false } };
  const next = async () => {
    opened.lose();
    opened.link.reconnect();
    log.push("lost");
    return await opened.open();
  };
  wire.receiveEnvelopes(begin(false), page(1), event(1), page(1, false), event(2), end);
  (await next()).receiveEnvelopes(begin(true), page(1), event(3), end);
  (await next()).receiveEnvelopes(begin(true), page(1, false), event(4), end);
  (await next()).receiveEnvelopes(begin(false), page(1), event(5));
  // The same request on another connection is another replay.
  (await next()).receiveEnvelopes(begin(true), end);
  assertEquals(log, [
    "gap",
    1,
    "gap",
    2,
    "lost",
    3,
    "gap",
    "lost",
    "gap",
    4,
    "lost",
    "gap",
    5,
    "lost",
    "gap",
  ]);
  assertEquals([stop.gaps, await stop.replayed], [6, { whole: false }]);
  await opened.close();
});

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
