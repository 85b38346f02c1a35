import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume, GapError } from "@alkdev/pubsub/history";
import { microtasks } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { HistoryPeer } from "../../../support/history_peer.ts";
import { serveHub } from "../../../support/hubs.ts";
import { open } from "../../../support/wire_hub.ts";

Deno.test("a hub replays what was published on it, then is live, with one position for each event", async () => {
  await using served = serveHub({ history: createMemoryHistory({ news: {} }) });
  const publish = (payload: unknown, id = "1"): void => served.hub.publish({ type: "news", id, payload });
  for (const payload of [1, 2, 3]) publish(payload);
  await using peer = await HistoryPeer.open(served.url);
  const answer = await peer.subscribe(["news:1"], [{ from: "start" }], "s");
  assertEquals(answer.history?.map((place) => place?.whole), [true]);
  const end = await peer.replayed("s");
  publish(4);
  await peer.flush();
  assertEquals(peer.replayOf("s"), [1, 2, 3]);
  assertEquals(peer.live(), [4]);
  const events = peer.envelopes.filter(({ type }) => type === "news");
  assertEquals(events.map(({ at }) => at?.length), [12, 12, 12, 12]);
  assertEquals([end.topic, end.at, end.whole], ["news:1", events[2]?.at, true]);
  const [hello] = peer.envelopes;
  assertEquals((hello?.payload as { history?: boolean }).history, true);

  await using later = await HistoryPeer.open(served.url);
  await later.subscribe(["news:1"], [events[1]?.at], "p");
  await later.replayed("p");
  assertEquals(later.replayOf("p"), [3, 4]);
  // The replayed text is the live one.
  assertEquals(later.envelopes.filter(({ type }) => type === "news"), events.slice(2));
});

Deno.test("a hub over a target with a history replays that, also what spokes have published", async () => {
  const history = createMemoryHistory({ news: {} });
  await using upstream = createInProcessEventTarget({ history });
  await using served = serveHub({ upstream });
  await using writer = await HistoryPeer.open(served.url);
  writer.send("news", "1", "of a spoke");
  await writer.flush();
  served.hub.publish({ type: "news", id: "1", payload: "of the hub" });
  await using peer = await HistoryPeer.open(served.url);
  const { history: places } = await peer.subscribe(
    ["news", "other"],
    [{ from: "start" }, { from: "start" }],
    "s",
  );
  assertEquals(places?.map((place) => place?.whole), [true, undefined]);
  await peer.replayed("s");
  upstream.publish({ type: "news", id: "1", payload: "live" });
  await peer.flush();
  assertEquals(peer.replayOf("s"), ["of a spoke", "of the hub"]);
  assertEquals(peer.live(), ["live"]);
  assert(peer.envelopes.filter(({ type }) => type === "news").every(({ at }) => at !== undefined));
});

Deno.test("a hub keeps what is published on it alone: neither what spokes send, nor what is sent to one spoke", async () => {
  const history = createMemoryHistory({ news: {} });
  await using served = serveHub({ history });
  await using peer = await HistoryPeer.open(served.url);
  await peer.subscribe(["news"]);
  peer.send("news", "1", "of a spoke");
  await peer.flush();
  served.spokes[0]?.publish({ type: "news", id: "1", payload: "to a spoke" });
  served.hub.publish({ type: "other", id: "1", payload: "undeclared" });
  served.hub.publish({ type: "news", id: "1", payload: "on the hub" });
  served.hub.dispatchEvent(
    new CustomEvent("news:1", { detail: { type: "news", id: "1", payload: "dispatched" } }),
  );
  await peer.flush();
  const events = peer.envelopes.filter(({ type }) => type === "news");
  assertEquals(events.map(({ payload, at }) => [payload, at !== undefined]), [
    ["to a spoke", false],
    ["on the hub", true],
    ["dispatched", true],
  ]);
  assertEquals(history.stats().appended, 2);
  const page = history.read({ type: "news", id: "1" }, "start", { maxEvents: 10, maxBytes: 1e6 });
  const [first, second] = page.events;
  assertEquals([first?.payload, second?.payload], ["on the hub", "dispatched"]);
  assertEquals(page.events.map(({ at }) => at), events.slice(1).map(({ at }) => at));
});

Deno.test("a position that a publisher or a peer makes up is on no wire", async () => {
  await using upstream = createInProcessEventTarget({ history: createMemoryHistory({ news: {} }) });
  for (const options of [{}, { history: createMemoryHistory({ news: {} }) }, { upstream }]) {
    await using served = serveHub(options);
    await using peer = await HistoryPeer.open(served.url);
    await peer.subscribe(["news", "other"]);
    for (const type of ["news", "other"]) served.hub.publish({ type, id: "1", payload: 0, at: "made up" });
    peer.socket.send(JSON.stringify({ type: "news", id: "1", payload: 0, at: "made up" }));
    await peer.flush();
    assert(peer.envelopes.every(({ at }) => at !== "made up"));
  }
});

Deno.test("events that are published inside of a callback are sent in the order in which they are kept", async () => {
  const history = createMemoryHistory({ news: {} });
  let nested = 0;
  const { hub, add, end } = open({
    history,
    maxBufferedBytes: 200_000,
    onError: () => {
      if (nested++ === 0) hub.publish({ type: "news", id: "1", payload: "nested" });
    },
  });
  // One spoke accepts less than the event takes, which is reported during the fan-out.
  const small = add(["news"], { batch: true, maxFrameBytes: 65_536 });
  const { socket } = add(["news"], { batch: true });
  await microtasks();
  hub.publish({ type: "news", id: "1", payload: "x".repeat(70_000) });
  await microtasks();
  const order = socket.envelopes.filter(({ type }) => type === "news").map(({ payload }) =>
    String(payload).slice(0, 6)
  );
  assertEquals([nested > 0, order], [true, ["xxxxxx", "nested"]]);
  const page = history.read({ type: "news", id: undefined }, "start", { maxEvents: 10, maxBytes: 1e6 });
  assertEquals(page.events.map(({ payload }) => String(payload).slice(0, 6)), order);
  await end(small.socket, socket);
});

Deno.test("an event that cannot be encoded is reported, and is not kept", async () => {
  const history = createMemoryHistory({ news: {} });
  const { hub, stages, end } = open({ history });
  hub.publish({ type: "news", id: "1", payload: 1n });
  hub.publish({
    type: "news",
    id: "1",
    payload: { toJSON: () => hub.publish({ type: "news", id: "1", payload: "inner" }) },
  });
  assertEquals([stages(), history.stats().events], [["encode"], 2]);
  const page = history.read({ type: "news", id: undefined }, "start", { maxEvents: 10, maxBytes: 1e6 });
  assertEquals(page.events.map(({ payload }) => payload), ["inner", undefined]);
  await end();
});

/** A hub over a target with a history, and a link that resumes. */
async function openUnencodable() {
  const history = createMemoryHistory({ news: {} });
  const upstream = createInProcessEventTarget({ history });
  const served = serveHub({ upstream });
  const statuses: string[] = [];
  const link = createWebSocketClientEventTarget(() => new WebSocket(served.url), {
    resume: createResume(),
    reconnectDelayMs: 1,
    onStatus: ({ gap, recovered }) => (gap || recovered) && statuses.push(gap ? "gap" : "recovered"),
  });
  const pubsub = createPubSub<{ news: unknown }>({ eventTarget: link });
  const publish = (id: string, payload: unknown): void => upstream.publish({ type: "news", id, payload });
  publish("0", 0);
  await link.flush();
  return {
    served,
    pubsub,
    publish,
    statuses,
    at: history.head({ type: "news", id: undefined }),
    async [Symbol.asyncDispose]() {
      for (const each of [link, served.hub, upstream]) await each.close();
      await served[Symbol.asyncDispose]();
    },
  };
}

/** Reads until an event of id 3. */
async function readToLast(events: AsyncIterable<{ id: string; payload: unknown }>): Promise<unknown[]> {
  const heard: unknown[] = [];
  for await (const { id, payload } of events) {
    heard.push(payload);
    if (id === "3") break;
  }
  return heard;
}

for (const begin of ["start", "latest", "last", "position"] as const) {
  Deno.test(`an event of an upstream that cannot be encoded is a gap in a replay from ${begin}`, async () => {
    await using opened = await openUnencodable();
    const { pubsub, publish, at } = opened;
    publish("1", 1);
    publish("2", 2n);
    publish("3", 3);
    const from = begin === "last" ? { last: 3 } : begin === "position" ? at : begin;
    const events = pubsub.subscribe("news", { from });
    assertEquals(await readToLast(events), begin === "last" || begin === "position" ? [1, 3] : [0, 1, 3]);
    assertEquals(events.gaps, 1);
    await assertRejects(() => readToLast(pubsub.subscribe("news", { from, onGap: "error" })), GapError);
  });
}

Deno.test("an event of an upstream that cannot be encoded is a gap for a link that resumes behind it", async () => {
  await using opened = await openUnencodable();
  const { served, pubsub, publish, statuses } = opened;
  const events = pubsub.subscribe("news");
  await events.ready;
  void served.spokes[0]?.close();
  publish("1", 1);
  publish("2", 2n);
  publish("3", 3);
  assertEquals(await readToLast(events), [1, 3]);
  assertEquals(events.gaps, 1);
  await eventually(() => assertEquals(statuses, ["gap"]));
});

Deno.test("a link that does not want its own events back does not get them from the past either, on any connection", async () => {
  await using upstream = createInProcessEventTarget({ history: createMemoryHistory({ news: {} }) });
  await using served = serveHub({ upstream });
  const link = { link: "secret of the link", echo: false };
  const first = await HistoryPeer.open(served.url, { ...link, connection: 1 });
  first.send("news", "1", "own");
  await first.flush();
  await first[Symbol.asyncDispose]();
  await eventually(() => served.hub.connectionCount === 0);
  upstream.publish({ type: "news", id: "1", payload: "of another" });
  for (
    const [hello, events] of [
      [{ ...link, connection: 2 }, ["of another"]],
      [{ ...link, connection: 3, echo: true }, ["own", "of another"]],
      [{ link: "another link", connection: 1, echo: false }, ["own", "of another"]],
    ] as const
  ) {
    await using peer = await HistoryPeer.open(served.url, hello);
    await peer.subscribe(["news"], [{ from: "start" }], "s");
    await peer.replayed("s");
    assertEquals(peer.replayOf("s"), [...events]);
  }
});

Deno.test("a worker's host keeps copies: a payload that is changed or transferred later is as it was", async () => {
  const history = createMemoryHistory({ news: {} });
  const faults: string[] = [];
  const { port1, port2 } = new MessageChannel();
  const host = createWorkerHostEventTarget(port1, {
    history,
    transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
    onError: (error, { stage }) => void faults.push(`${stage} ${error.name}`),
  });
  const thread = createWorkerThreadEventTarget(port2, { resume: createResume() });
  const pubsub = createPubSub<{ news: unknown }>({ eventTarget: thread });
  const changed = { n: 1 };
  host.publish({ type: "news", id: "1", payload: changed });
  changed.n = 2;
  const buffer = new ArrayBuffer(8);
  host.publish({ type: "news", id: "1", payload: buffer });
  host.publish({ type: "news", id: "1", payload: () => {} });
  const events = pubsub.subscribe("news", { from: "start" });
  assertEquals((await events.next()).value?.payload, { n: 1 });
  assertEquals((await events.next()).value?.payload, new ArrayBuffer(8));
  host.publish({ type: "news", id: "1", payload: new Map([["live", 3]]) });
  assertEquals((await events.next()).value?.payload, new Map([["live", 3]]));
  assertEquals([buffer.byteLength, history.stats().events, faults], [8, 3, ["encode DataCloneError"]]);
  const page = history.read({ type: "news", id: "1" }, { last: 1 }, { maxEvents: 1, maxBytes: 1e6 });
  assertEquals(page.events[0]?.payload, new Map([["live", 3]]));
  await thread.close();
  await host.close();
  for (const port of [port1, port2]) port.close();
});
