import { assert, assertEquals } from "@std/assert";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { type Answer, HistoryPeer, replayIn, type WireEnvelope } from "../../../support/history_peer.ts";
import { type ServedHub, serveHub, serveNodeHub } from "../../../support/hubs.ts";
import { eventually } from "../../../support/eventually.ts";
import { open } from "../../../support/wire_hub.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { microtasks } from "../../../support/clock.ts";

/** The answer to a request, and what its replays brought. */
async function ask(
  { url }: Pick<ServedHub, "url">,
  topics: readonly string[],
  since: unknown,
): Promise<
  { whole: (boolean | undefined)[]; events: unknown[]; ends: boolean[]; answer: Answer; peer: HistoryPeer }
> {
  const peer = await HistoryPeer.open(url);
  const answer = await peer.subscribe(topics, since, "s");
  const isAsked = (i: number): boolean =>
    !Array.isArray(since) || ((since[i] ?? null) !== null && since[i].from !== "now");
  const asked = answer.history?.filter((place, i) => place !== null && isAsked(i)).length ?? 0;
  const ends = (): WireEnvelope[] => peer.envelopes.filter(({ type }) => type === "__replayed");
  await eventually(() => ends().length === asked);
  return {
    peer,
    answer,
    whole: answer.history?.map((place) => place?.whole) ?? [],
    events: peer.replayOf("s"),
    ends: ends().map(({ payload }) => (payload as { whole: boolean }).whole),
  };
}

for (const [library, serve] of [["Deno", serveHub], ["npm:ws", serveNodeHub]] as const) {
  Deno.test(`each beginning brings what it names, and a gap is reported before its first event: a hub on ${library}`, async () => {
    const history = createMemoryHistory({ news: { perType: 4 }, state: { perId: 1 } });
    await using served = await serve({ history });
    const { hub } = served;
    const heads: string[] = [];
    const publish = (type: string, id: string, payload: unknown): void => {
      hub.publish({ type, id, payload });
      heads.push(history.head({ type, id }));
    };
    for (let i = 1; i <= 6; i++) publish("news", String(i % 2), i);
    for (let i = 1; i <= 4; i++) publish("state", String(i % 2), i);
    const rows: [topic: string, since: unknown, whole: boolean, events: unknown[]][] = [
      ["news", { from: "start" }, false, [3, 4, 5, 6]],
      ["news", { from: "latest" }, true, [5, 6]],
      ["news:1", { from: "latest" }, true, [5]],
      ["news", { from: { last: 2 } }, true, [5, 6]],
      ["news", { from: { last: 5 } }, false, [3, 4, 5, 6]],
      ["news", heads[1], true, [3, 4, 5, 6]],
      ["news", heads[0], false, []],
      ["news:1", heads[0], true, [3, 5]],
      ["news", { from: heads[4] }, true, [6]],
      ["news", heads[9], true, []],
      ["news", { from: "now" }, true, []],
      ["state", { from: "latest" }, true, [3, 4]],
      ["state", heads[6], false, []],
      ["state", { from: { latest: heads[6] } }, true, [3, 4]],
      ["state", { from: { latest: heads[8] } }, true, [4]],
    ];
    for (const [topic, since, whole, events] of rows) {
      const asked = JSON.stringify(since);
      const told = await ask(served, [topic], [since]);
      assertEquals([topic, asked, told.whole, told.events], [topic, asked, [whole], events]);
      assertEquals(told.ends, asked.includes("now") ? [] : [whole]);
      await told.peer[Symbol.asyncDispose]();
    }
  });
}

Deno.test("a position of no use is a gap, and never a fault of the connection", async () => {
  const history = createMemoryHistory({ news: {} });
  await using served = serveHub({ history });
  for (let i = 1; i <= 3; i++) served.hub.publish({ type: "news", id: "1", payload: i });
  const head = history.head({ type: "news", id: undefined });
  const foreign = createMemoryHistory({ news: {} }).head({ type: "news", id: undefined });
  const future = head.slice(0, -1) + "z";
  const strange: unknown[] = [
    ...[
      "",
      "x",
      foreign,
      future,
      head.slice(0, -1),
      `${head}0`,
      (head.startsWith("A") ? "a" : "A") + head.slice(1),
      "start",
      "now",
      "ü",
      "a".repeat(65),
      '"',
    ],
    ...[7, true, {}, [], { from: 7 }, { from: null }, { from: { last: 0 } }, { from: { last: "2" } }, {
      from: { last: 1e300 },
    }],
    ...[{ from: { latest: 7 } }, { from: "" }, { from: {} }, { at: head }],
  ];
  for (const since of strange) {
    const told = await ask(served, ["news"], [since]);
    const asked = JSON.stringify(since);
    const isLatest = JSON.stringify(since).includes("latest");
    assertEquals([asked, told.whole, told.events, told.ends], [asked, [false], isLatest ? [3] : [], [false]]);
    served.hub.publish({ type: "news", id: "1", payload: 3 });
    await told.peer.flush();
    assertEquals(told.peer.live(), [3]);
    await told.peer[Symbol.asyncDispose]();
  }
  assertEquals(served.faults, []);
});

Deno.test("since of any other shape is read as far as it goes", async () => {
  const history = createMemoryHistory({ news: {} });
  await using served = serveHub({ history });
  served.hub.publish({ type: "news", id: "1", payload: 1 });
  for (const since of [7, "start", true, {}]) {
    const told = await ask(served, ["news:1", "other"], since === 7 ? 7 : since);
    assertEquals(told.answer.history?.map((place) => place?.whole), [false, undefined]);
    await told.peer[Symbol.asyncDispose]();
  }
  for (const since of [[{ from: "start" }], [{ from: "start" }, null, { from: "start" }, "more"]]) {
    const told = await ask(served, ["news:1", "news"], since);
    assertEquals([told.whole, told.events], [[true, true], [1]]);
    await told.peer[Symbol.asyncDispose]();
  }
  assertEquals(served.faults, []);
});

Deno.test("a topic that is named twice is answered once, and its first beginning counts", async () => {
  await using served = serveHub({ history: createMemoryHistory({ news: {} }) });
  for (let i = 1; i <= 3; i++) served.hub.publish({ type: "news", id: "1", payload: i });
  const told = await ask(
    served,
    ["news", "news"],
    [{ from: { last: 1 } }, { from: "start" }],
  );
  assertEquals([told.answer.topics, told.events], [["news"], [3]]);
  await told.peer[Symbol.asyncDispose]();
});

Deno.test("10,000 topics are resumed by one request: those that missed something, and those that did not", async () => {
  const history = createMemoryHistory({ news: {} });
  await using served = serveHub({ history, maxReplay: 2000 });
  const topics = Array.from({ length: 10_000 }, (_, i) => `news:${i}`);
  const publish = (i: number): void => served.hub.publish({ type: "news", id: String(i), payload: i });
  for (let i = 0; i < 10_000; i++) publish(i);
  const at = history.head({ type: "news", id: undefined });
  for (let i = 0; i < 10_000; i += 10) publish(i);
  const told = await ask(served, topics, topics.map(() => at));
  assertEquals(told.whole, topics.map(() => true));
  assertEquals(told.ends, topics.map(() => true));
  assertEquals(told.events, Array.from({ length: 1000 }, (_, i) => 10 * i));
  await told.peer[Symbol.asyncDispose]();
  assertEquals(served.faults, []);
});

Deno.test("the state of 100,000 ids is replayed as far as maxReplay goes", async () => {
  const history = createMemoryHistory({ state: { perId: 1 } });
  await using served = serveHub({ history, maxReplay: Infinity });
  await using bounded = serveHub({ history: createMemoryHistory({ state: { perId: 1 } }) });
  for (let i = 0; i < 100_000; i++) {
    for (const { hub } of [served, bounded]) hub.publish({ type: "state", id: String(i), payload: i });
  }
  const all = await ask(served, ["state"], [{ from: "latest" }]);
  assertEquals([all.whole, all.events.length, all.events.at(-1)], [[true], 100_000, 99_999]);
  const some = await ask(bounded, ["state"], [{ from: "latest" }]);
  assertEquals([some.whole, some.events.length, some.events[0]], [[false], 10_000, 90_000]);
  for (const { peer } of [all, some]) await peer[Symbol.asyncDispose]();
});

/** A hub with a history and one socket without a network, and what its replays brought. */
function openWithHistory(perId = Infinity, options = {}) {
  const history = createMemoryHistory({ news: { perId } });
  const opened = open({ history, ...options });
  const wire = ({ envelopes }: FakeSocket): WireEnvelope[] => envelopes as unknown as WireEnvelope[];
  return {
    ...opened,
    history,
    replay: (socket: FakeSocket, ref: string) => replayIn(wire(socket), ref),
    wire,
  };
}

Deno.test("an update that came while a link was away is not missing, however often the id was updated", async () => {
  const { hub, history, add, replay, wire, end } = openWithHistory(1);
  hub.publish({ type: "news", id: "1", payload: 0 });
  const at = history.head({ type: "news", id: undefined });
  for (let i = 1; i <= 10; i++) hub.publish({ type: "news", id: "1", payload: i });
  const { socket } = add(undefined, { batch: true, history: true });
  socket.receive("__subscribe", "state", { topics: ["news"], since: [{ from: { latest: at } }] });
  socket.receive("__subscribe", "each", { topics: ["news"], since: [at] });
  await microtasks();
  assertEquals([replay(socket, "state"), replay(socket, "each")], [[10], []]);
  const ends = wire(socket).filter(({ type }) => type === "__replayed").map(({ id, payload }) => {
    return [id, (payload as { whole: boolean }).whole];
  });
  assertEquals(ends, [["state", true], ["each", false]]);
  await end(socket);
});

Deno.test("nothing is missing, doubled or out of order if an event is published between any two steps", async () => {
  // The events that were there before the request; and the step before which a further one comes.
  for (let before = 0; before <= 3; before++) {
    for (let step = 0; step < 8; step++) {
      const { hub, add, wire, end } = openWithHistory();
      let published = 0;
      const publish = (): void => hub.publish({ type: "news", id: "1", payload: ++published });
      for (let i = 0; i < before; i++) publish();
      const { socket } = add(undefined, { batch: true, history: true });
      const steps = [
        () => Promise.resolve(),
        () =>
          Promise.resolve(
            socket.receive("__subscribe", "s", { topics: ["news"], since: [{ from: "start" }] }),
          ),
        ...Array(5).fill(() => Promise.resolve()),
      ];
      for (const [i, run] of steps.entries()) {
        if (i === step) publish();
        await run();
      }
      publish();
      await microtasks();
      // By the rules of a link: a live event with a position is dropped until the replay has ended.
      const heard: unknown[] = [];
      let isLive = false;
      let left = 0;
      for (const { type, payload, at } of wire(socket)) {
        if (type === "__replay") left = (payload as { count: number }).count;
        else if (type === "__replayed") isLive = true;
        else if (!type.startsWith("__")) {
          assert(at !== undefined);
          if (left-- > 0 || isLive) heard.push(payload);
        }
      }
      assertEquals([before, step, heard], [before, step, Array.from({ length: published }, (_, i) => i + 1)]);
      await end(socket);
    }
  }
});
