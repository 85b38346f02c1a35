import { createInProcessEventTarget, createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { createHttpEdge } from "@alkdev/pubsub/http";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Message, readEvents, type ServedEdge, serveEdge } from "../support/event_streams.ts";
import { eventually } from "../support/eventually.ts";

type Events = { run: number; status: number; live: number };

/** A hub that keeps the last 100 events of a run and the latest status, in itself or in its upstream. */
function serve(where: "hub" | "upstream") {
  const history = createMemoryHistory({ run: { perId: 100 }, status: { perId: 1 } });
  const hub = createWebSocketServerEventTarget(
    where === "hub" ? { history } : { upstream: createInProcessEventTarget({ history }) },
  );
  const edge = serveEdge(hub, createHttpEdge(hub));
  return { hub, edge, pubsub: createPubSub<Events>({ eventTarget: hub }) };
}

/** What a stream has brought: payloads of events, and the names and data of other messages. */
function told(messages: readonly Message[]): unknown[] {
  return messages.slice(1).map(({ event, data }) => {
    const { payload, topics, topic, whole } = Object(data);
    return event === undefined ? payload : [event, topics ?? topic, ...(whole === undefined ? [] : [whole])];
  });
}

async function readAgain(edge: ServedEdge, topics: readonly string[], last: Message | undefined) {
  return await readEvents(edge.url, topics, { "last-event-id": last?.id ?? "" });
}

for (const where of ["hub", "upstream"] as const) {
  Deno.test(`a stream begins with the past, and then is live (history of the ${where})`, async () => {
    const { edge, pubsub } = serve(where);
    await using _edge = edge;
    for (let i = 0; i < 5; i++) pubsub.publish("run", "a", i);
    pubsub.publish("status", "a", 1);
    pubsub.publish("status", "a", 2);
    pubsub.publish("status", "b", 3);
    await using latest = await readEvents(edge.url, ["status"], {}, "from=latest");
    await using last = await readEvents(edge.url, ["run:a"], {}, "from=2");
    await using start = await readEvents(edge.url, ["run", "live"], {}, "from=start");
    await eventually(() =>
      assertEquals([latest, last, start].map(({ messages }) => messages.length), [4, 4, 8])
    );
    pubsub.publish("run", "a", 5);
    pubsub.publish("status", "a", 6);
    await eventually(() =>
      assertEquals([latest, last, start].map(({ messages }) => messages.length), [5, 5, 9])
    );
    assertEquals(told(latest.messages), [2, 3, ["replayed", "status", true], 6]);
    assertEquals(told(last.messages), [3, 4, ["replayed", "run:a", true], 5]);
    assertEquals(told(start.messages), [["gap", ["live"]], 0, 1, 2, 3, 4, ["replayed", "run", true], 5]);
  });

  Deno.test(`a client that comes back gets what it missed, once, or a gap (history of the ${where})`, async () => {
    const { edge, pubsub } = serve(where);
    await using _edge = edge;
    const topics = ["run:a", "run:b", "live"];
    const first = await readEvents(edge.url, topics);
    pubsub.publish("run", "a", 1);
    pubsub.publish("live", "a", 2);
    await eventually(() => assertEquals(told(first.messages), [1, 2]));
    await first[Symbol.asyncDispose]();
    const lastId = first.messages.findLast(({ id }) => id !== undefined);
    assertMatch(lastId?.id ?? "", /^run%3Aa=[^&]+&run%3Ab=[^&]+$/);

    pubsub.publish("run", "b", 3);
    pubsub.publish("run", "a", 4);
    pubsub.publish("run", "c", 5);
    pubsub.publish("live", "a", 6);
    const second = await readAgain(edge, topics, lastId);
    const replayed = [["replayed", "run:a", true], ["replayed", "run:b", true]];
    await eventually(() => assertEquals(second.messages.length, 6));
    const [gap, ...rest] = told(second.messages);
    assertEquals(gap, ["gap", ["live"]]);
    assertEquals(rest.filter((each) => typeof each === "number").sort(), [3, 4]);
    assertEquals(rest.filter((each) => typeof each !== "number"), replayed);
    await second[Symbol.asyncDispose]();

    for (let i = 0; i < 150; i++) pubsub.publish("run", "b", i);
    const third = await readAgain(edge, topics, second.messages.findLast(({ id }) => id !== undefined));
    await eventually(() => assertEquals(third.messages.length, 4));
    assertEquals(told(third.messages), [
      ["gap", ["run:b", "live"]],
      ...replayed.map(([name, topic]) => [
        name,
        topic,
        topic === "run:a",
      ]),
    ]);
    await third[Symbol.asyncDispose]();
  });
}

Deno.test("events that are published during a replay come once, in order", async () => {
  const history = createMemoryHistory({ run: { perId: 10_000 } });
  const hub = createWebSocketServerEventTarget({ history });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const pubsub = createPubSub<Events>({ eventTarget: hub });
  for (let i = 0; i < 3000; i++) pubsub.publish("run", "a", i);
  const opening = readEvents(edge.url, ["run"], {}, "from=start");
  let next = 3000;
  const timer = setInterval(() => pubsub.publish("run", "a", next++), 1);
  await using stream = await opening;
  await eventually(() => stream.messages.some(({ event }) => event === "replayed"));
  clearInterval(timer);
  await eventually(() => assertEquals(stream.messages.length, next + 2));
  const payloads = told(stream.messages).filter((each) => typeof each === "number");
  assertEquals(payloads, Array.from({ length: next }, (_, i) => i));
});

/** Streams of topics of one type, whose ids are numbers, and of which each event has been published once. */
for (
  const [what, topics] of [
    ["a type and some of its ids", ["run:3", "run", "run:1"]],
    ["more topics than have places in an id", Array.from({ length: 40 }, (_, i) => `run:${i}`)],
  ] as const
) {
  Deno.test(`a stream of ${what} has each event once, in the order of each topic`, async () => {
    const history = createMemoryHistory({ run: {} });
    const hub = createWebSocketServerEventTarget({ history });
    await using edge = serveEdge(hub, createHttpEdge(hub));
    let count = 0;
    const publish = (): void => hub.publish({ type: "run", id: String(count % 40), payload: count++ });
    while (count < 4000) publish();
    const opening = readEvents(edge.url, topics, {}, "from=start");
    const timer = setInterval(publish, 1);
    await using stream = await opening;
    const payloads = (): number[] => told(stream.messages).filter((each) => typeof each === "number");
    await eventually(() => payloads().includes(count - 1));
    clearInterval(timer);
    await eventually(() => assertEquals(payloads().length, count));
    for (let id = 0; id < 40; id++) {
      const ofId = payloads().filter((payload) => payload % 40 === id);
      assertEquals(ofId, Array.from(ofId, (_, i) => id + i * 40));
    }
    await stream[Symbol.asyncDispose]();

    const last = stream.messages.findLast(({ id }) => id !== undefined);
    for (let i = 0; i < 40; i++) publish();
    await using again = await readAgain(edge, topics.slice(0, 16), last);
    await eventually(() => again.messages.some(({ event }) => event === "replayed"));
    const missed = Array.from({ length: 40 }, (_, i) => count - 40 + i)
      .filter((payload) => topics.length === 3 || payload % 40 < 16);
    await eventually(() => {
      const heard = told(again.messages).filter((each) => typeof each === "number");
      assertEquals(heard.sort((a, b) => a - b), missed);
    });
  });
}

Deno.test("an id is short enough for a header, and leaves out the places of long topics", async () => {
  const hub = createWebSocketServerEventTarget({ history: createMemoryHistory({ run: {} }) });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const topics = Array.from({ length: 16 }, (_, i) => `run:${"\u00e9".repeat(400)}${i}`);
  await using stream = await readEvents(edge.url, topics);
  assert((stream.messages[0]?.id ?? "").length <= 4096);
});

Deno.test("a topic that was revoked has no place any more", async () => {
  const hub = createWebSocketServerEventTarget({ history: createMemoryHistory({ run: {} }) });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const topics = ["run:a", "run:b"];
  const first = await readEvents(edge.url, topics);
  const [spoke] = hub.spokes;
  assert(spoke !== undefined);
  hub.revoke(spoke, "run:a");
  await eventually(() => first.messages.some(({ event }) => event === "revoked"));
  hub.publish({ type: "run", id: "a", payload: 1 });
  hub.publish({ type: "run", id: "b", payload: 2 });
  await eventually(() => assertEquals(told(first.messages).at(-1), 2));
  await first[Symbol.asyncDispose]();
  await using second = await readAgain(edge, topics, first.messages.findLast(({ id }) => id !== undefined));
  await eventually(() => assertEquals(told(second.messages)[0], ["gap", ["run:a"]]));
});

Deno.test("a place that there is not is refused, and positions of nowhere are a gap", async () => {
  const { edge } = serve("hub");
  await using _edge = edge;
  for (const from of ["now", "0", "-1", "last", "1e3"]) {
    const response = await fetch(`${edge.url}/events?topic=run&from=${from}`);
    assertEquals([response.status, await response.json()], [400, {
      error: "from is latest, start or a number of events",
    }]);
  }
  for (const id of ["run=nowhere", "run=", "=&&&%", "run=" + "x".repeat(100), "-", ""]) {
    await using stream = await readEvents(edge.url, ["run"], { "last-event-id": id });
    await eventually(() => assertEquals(told(stream.messages)[0], ["gap", ["run"]], id));
  }
});
