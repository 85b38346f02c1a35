import { assert, assertEquals, assertRejects } from "@std/assert";
import { createPubSub } from "@alkdev/pubsub";
import { createResume, NoHistoryError } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";
import { ResumingHub } from "../../support/resuming_hub.ts";
import { type Events, openLink, openPair, readAll, requests } from "../../support/resume_pair.ts";

Deno.test("after a loss each topic asks once from where it stands, by the weakest thing that satisfies its readers", async () => {
  const opened = await openPair();
  const { pubsub, hub, settle, cut, connect, deliver } = opened;
  void pubsub.subscribe("news", "1");
  void pubsub.subscribe("news", "1", { from: "start" });
  void pubsub.subscribe("state", "1", { from: "latest" });
  void pubsub.subscribe("state", "2", { from: "latest" });
  void pubsub.subscribe("state", "2");
  await settle();
  await deliver("1", 1, 2);
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

Deno.test("a gap during a recovery is in its outcome, which is reported once", async () => {
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
  const { pubsub, hub, settle, publish, cut, deliver, rejoin } = opened;
  const news = pubsub.subscribe("news");
  const late = pubsub.subscribe("news", { from: "start" });
  await settle();
  await deliver("1", 1);
  // The next hub is older: what was asked from a position is a gap there.
  hub.isOld = true;
  cut();
  await rejoin();
  await deliver("1", 2);
  assertEquals([await readAll(news, 2), await readAll(late, 2)], [[1, 2], [1, 2]]);
  assertEquals([news.gaps, late.gaps, opened.statuses.at(-1)?.gap], [1, 1, true]);
  const asked = pubsub.subscribe("news", { from: "latest" });
  await settle();
  await assertRejects(() => asked.next(), NoHistoryError);
  // And newer again: what was missed has no position.
  cut();
  hub.isOld = false;
  publish("1", 3);
  await rejoin();
  await deliver("1", 4);
  assertEquals([await readAll(news, 1), news.gaps], [[4], 2]);
  cut();
  publish("1", 5);
  await rejoin();
  assertEquals([await readAll(news, 1), news.gaps, opened.statuses.at(-1)?.recovered], [[5], 2, true]);
  await opened.close();
});

Deno.test("open is reported after a loss once every request is answered, and its outcome is that of this loss", async () => {
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
  const { pubsub, settle, publish, cut, deliver, rejoin } = opened;
  publish("1", 1, 2);
  const one = pubsub.subscribe("news", "1");
  await settle();
  const past = pubsub.subscribe("news", "1", { from: "start" });
  const other = pubsub.subscribe("news", { from: "start" });
  cut();
  await rejoin();
  await deliver("1", 3);
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

Deno.test("a gap is reported once for each replay, wherever the hub reports it first", async () => {
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

Deno.test("a link resumes where it stood, though no event came between two losses", async () => {
  const { pubsub, settle, publish, cut, statuses, deliver, rejoin, close } = await openPair();
  const quiet = pubsub.subscribe("news", "quiet");
  const busy = pubsub.subscribe("news", "1");
  await settle();
  await deliver("1", 1);
  // The quiet topic has heard nothing at all, and the busy one nothing since the first of these losses.
  for (let loss = 0; loss < 2; loss++) {
    cut();
    await rejoin();
    assertEquals(statuses.at(-1)?.recovered, true);
  }
  cut();
  publish("quiet", 2);
  publish("1", 3);
  await rejoin();
  assertEquals([await readAll(quiet, 1), await readAll(busy, 2)], [[2], [1, 3]]);
  assertEquals([quiet.gaps, busy.gaps], [0, 0]);
  await close();
});

Deno.test("a second loss during a recovery loses nothing, and one outcome is reported for both", async () => {
  const { pubsub, hub, settle, publish, cut, connect, statuses, deliver, rejoin, close } = await openPair();
  const all = pubsub.subscribe("news");
  await settle();
  await deliver("1", 1);
  cut();
  publish("1", 2, 3, 4, 5);
  await connect();
  hub.connection?.readUp();
  hub.connection?.page(0, 2);
  hub.connection?.deliver();
  assertEquals((await readAll(all, 3)).concat(statuses.at(-1)?.recovered), [1, 2, 3, undefined]);
  cut();
  publish("1", 6);
  await rejoin();
  await deliver("1", 7);
  assertEquals([await readAll(all, 4), all.gaps], [[4, 5, 6, 7], 0]);
  assertEquals(statuses.filter(({ recovered, gap }) => recovered || gap).map(({ recovered }) => recovered), [
    true,
  ]);
  await close();
});

Deno.test("a hub that was started again is a gap, reported before its first event, and once", async () => {
  const { pubsub, hub, settle, publish, cut, deliver, rejoin, close } = await openPair();
  const log: (number | string)[] = [];
  const onGap = (): void => void log.push("gap");
  const stop = pubsub.on("news", "1", ({ payload }) => void log.push(payload), { onGap });
  await settle();
  await deliver("1", 1);
  cut();
  hub.restart();
  publish("1", 2);
  await rejoin();
  await deliver("1", 3);
  assertEquals(log, [1, "gap", 3]);
  cut();
  publish("1", 4);
  await rejoin();
  assertEquals(log, [1, "gap", 3, 4]);
  stop();
  await close();
});

Deno.test("a state that was updated ten times while the link was away comes once, and nothing is missing", async () => {
  const { pubsub, hub, settle, cut, rejoin, close } = await openPair();
  const states = pubsub.subscribe("state", { from: "latest" });
  const update = (id: string, payload: number): void => hub.publish({ type: "state", id, payload });
  update("1", 0);
  update("2", 0);
  await settle();
  cut();
  for (let i = 1; i <= 10; i++) update("1", i);
  await rejoin();
  update("2", 11);
  await settle();
  assertEquals([await readAll(states, 4), states.gaps], [[0, 0, 10, 11], 0]);
  await close();
});
