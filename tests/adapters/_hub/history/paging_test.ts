import { assert, assertEquals } from "@std/assert";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { microtasks } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { liveIn, replayIn, type WireEnvelope } from "../../../support/history_peer.ts";
import { open, type OpenHub } from "../../../support/wire_hub.ts";
import type { HubOptions } from "../../../../adapters/_hub/types.ts";

const HELLO = { batch: true, history: true };
const PAGE_BYTES = 256 * 1024;

function openHistory(options: HubOptions<FakeSocket> = {}, bounds = {}): OpenHub & {
  history: ReturnType<typeof createMemoryHistory>;
} {
  const history = createMemoryHistory({ news: bounds });
  return { ...open({ history, ...options }), history };
}

const wire = ({ envelopes }: FakeSocket): WireEnvelope[] => envelopes;
const kinds = (socket: FakeSocket): string[] => wire(socket).map(({ type }) => type);
const endsOf = (socket: FakeSocket): unknown[] =>
  wire(socket).filter(({ type }) => type === "__replayed").map(({ id, payload }) => {
    return [id, (payload as { whole: boolean }).whole];
  });

function ask(socket: FakeSocket, ref: string, topic = "news", from: unknown = { from: "start" }): void {
  socket.receive("__subscribe", ref, { topics: [topic], since: [from] });
}

Deno.test("no page is read while the socket holds more than one, and the next follows when it has left", async () => {
  const { history, add, publish, end } = openHistory();
  const payload = "x".repeat(1000);
  for (let i = 0; i < 2000; i++) publish("news", "1", payload);
  const { socket } = add(undefined, HELLO);
  socket.holds = true;
  ask(socket, "s");
  for (let pages = 1; history.stats().replayed < 2000; pages++) {
    await microtasks();
    const { replayed } = history.stats();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assertEquals(history.stats().replayed, replayed);
    assert(socket.bufferedAmount <= 2 * PAGE_BYTES + 1e4, `${socket.bufferedAmount} bytes in the socket`);
    assert(replayed * 1000 <= (pages + 1) * 2 * PAGE_BYTES);
    socket.leave();
    await eventually(() => history.stats().replayed > replayed);
  }
  await eventually(() => {
    socket.leave();
    return endsOf(socket).length === 1;
  });
  assertEquals(replayIn(wire(socket), "s").length, 2000);
  await end(socket);
});

Deno.test("a spoke that does not read its pages is slow like any other, and keeps no more than its bounds", async () => {
  const { hub, add, publish, reports, history } = openHistory({
    backpressureThreshold: 100_000,
    backpressureGraceMs: 20,
  });
  for (let i = 0; i < 2000; i++) publish("news", "1", "x".repeat(1000));
  const { socket } = add(undefined, HELLO);
  socket.holds = true;
  ask(socket, "s");
  await eventually(() => hub.connectionCount === 0);
  assertEquals(socket.closes.map(({ code }) => code), [1013]);
  assert(reports.some(({ stage, error }) => stage === "backpressure" && error.includes("reads too slowly")));
  assertEquals(endsOf(socket), []);
  const { replayed } = history.stats();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(history.stats().replayed, replayed);
  await hub.close();
});

Deno.test("a replay that does not fit the bounds of its spoke has no end: the spoke is dropped", async () => {
  const { hub, add, publish } = openHistory({ maxBufferedBytes: 20_000 });
  for (let i = 0; i < 100; i++) publish("news", "1", "x".repeat(1000));
  const { socket } = add(undefined, HELLO);
  socket.holds = true;
  ask(socket, "s");
  await microtasks();
  assertEquals([socket.closes.map(({ code }) => code), endsOf(socket)], [[1013], []]);
  await hub.close();
});

Deno.test("a replay is overtaken: what is forgotten before it is read is a gap before what follows", async () => {
  for (const [from, whole] of [[{ from: "start" }, true], ["position", false]] as const) {
    const { history, hub, add, publish, end } = openHistory({}, { perType: 600 });
    const at = history.head({ type: "news", id: undefined });
    for (let i = 0; i < 600; i++) publish("news", "1", { i, text: "x".repeat(1000) });
    const { socket } = add(undefined, HELLO);
    socket.holds = true;
    ask(socket, "s", "news", from === "position" ? at : from);
    await microtasks();
    const before = history.stats().replayed;
    assert(before > 0 && before < 600);
    for (let i = 600; i < 1200; i++) hub.publish({ type: "news", id: "1", payload: { i } });
    await eventually(() => {
      socket.leave();
      return endsOf(socket).length === 1;
    });
    hub.publish({ type: "news", id: "1", payload: "live" });
    await microtasks();
    const gaps = wire(socket).filter(({ type, payload }) => {
      return type === "__replay" && (payload as { whole?: boolean }).whole === false;
    });
    assertEquals([gaps.length, endsOf(socket)], [1, [["s", false]]]);
    const replayed = replayIn(wire(socket), "s").map((payload) => (payload as { i: number }).i);
    // After a position, nothing follows a gap but what comes live.
    const kept = Array.from({ length: 600 }, (_, i) => 600 + i);
    assertEquals(replayed, [...Array.from({ length: before }, (_, i) => i), ...whole ? kept : []]);
    assertEquals(liveIn(wire(socket)).at(-1), "live");
    await end(socket);
  }
});

Deno.test("a replay can be stopped alone, and ends with its topic; others continue", async () => {
  const { add, publish, end } = openHistory();
  for (let i = 0; i < 3; i++) for (const id of ["1", "2"]) publish("news", id, `${id} ${i}`);
  const { socket, spoke } = add(undefined, HELLO);
  ask(socket, "a", "news:1");
  ask(socket, "b", "news:1");
  ask(socket, "c", "news:2");
  ask(socket, "d", "news");
  socket.receive("__unsubscribe", "", { replay: "a" });
  socket.receive("__unsubscribe", "", { replay: "b", topics: ["news:2", "news"] });
  socket.receive("__unsubscribe", "", { replay: "d", topics: ["news"] });
  socket.receive("__unsubscribe", "", { topics: ["news:2"] });
  socket.receive("__unsubscribe", "", { replay: "nobody" });
  await microtasks();
  assertEquals([...spoke.topics], ["news:1", "news"]);
  assertEquals(endsOf(socket), [["b", true]]);
  assertEquals(replayIn(wire(socket), "b"), ["1 0", "1 1", "1 2"]);
  publish("news", "1", "live");
  await microtasks();
  assertEquals(liveIn(wire(socket)), ["live"]);
  await end(socket);
});

Deno.test("the same topic is replayed for each request, from its own beginning", async () => {
  const { history, add, publish, end } = openHistory();
  publish("news", "1", 1);
  const at = history.head({ type: "news", id: undefined });
  publish("news", "1", 2);
  const { socket } = add(["news:1"], HELLO);
  ask(socket, "a", "news:1", at);
  ask(socket, "b", "news:1");
  await microtasks();
  assertEquals([replayIn(wire(socket), "a"), replayIn(wire(socket), "b")], [[2], [1, 2]]);
  assertEquals(endsOf(socket), [["a", true], ["b", true]]);
  publish("news", "1", 3);
  await microtasks();
  assertEquals(liveIn(wire(socket)), [3]);
  await end(socket);
});

Deno.test("a session that is gone, or closing, replays nothing more and keeps nothing", async () => {
  for (const how of ["lost", "removed", "closed by the hub", "hub closed"]) {
    const { hub, history, add, publish } = openHistory();
    for (let i = 0; i < 1000; i++) publish("news", "1", "x".repeat(1000));
    const { socket, spoke } = add(undefined, HELLO);
    socket.holds = true;
    ask(socket, "s");
    await microtasks();
    const { replayed } = history.stats();
    assert(replayed > 0 && replayed < 1000);
    if (how === "lost") socket.fire("close", { code: 1006 });
    else if (how === "removed") hub.removeConnection(socket);
    else if (how === "closed by the hub") void spoke.close();
    else void hub.close();
    socket.leave();
    await new Promise((resolve) => setTimeout(resolve, 70));
    assertEquals([how, history.stats().replayed, endsOf(socket)], [how, replayed, []]);
    socket.fire("close", { code: 1000 });
    await hub.close();
  }
});

Deno.test("replays that wait without end cost a spoke its connection", async () => {
  const { hub, add, publish, reports } = openHistory({
    maxTopicsPerConnection: 20,
    maxReplaysPerMinute: Infinity,
  });
  for (let i = 0; i < 1000; i++) publish("news", "1", "x".repeat(1000));
  const { socket } = add(undefined, HELLO);
  socket.holds = true;
  for (let i = 0; i <= 21; i++) ask(socket, String(i));
  await microtasks();
  assertEquals(socket.closes.map(({ code }) => code), [4429]);
  assert(reports.some(({ error }) => error.includes("more than 20 replays wait")));
  await hub.close();
});

Deno.test("replays that a spoke has stopped do not count among those that wait", async () => {
  const { hub, add, publish, end } = openHistory({
    maxTopicsPerConnection: 20,
    maxReplaysPerMinute: Infinity,
  });
  for (let i = 0; i < 258; i++) publish("news", "1", "x".repeat(1000));
  const { socket } = add(undefined, HELLO);
  socket.holds = true;
  ask(socket, "first");
  for (let i = 0; i < 500; i++) {
    ask(socket, `stopped ${i}`);
    if (i % 2 === 0) socket.receive("__unsubscribe", "", { replay: `stopped ${i}` });
    else socket.receive("__unsubscribe", "", { replay: `stopped ${i}`, topics: ["news"] });
    // Once more: it has stopped already.
    socket.receive("__unsubscribe", "", { replay: `stopped ${i}` });
    if (i === 250) ask(socket, "between");
  }
  for (let i = 0; i < 18; i++) ask(socket, `last ${i}`);
  await microtasks();
  assertEquals([hub.connectionCount, socket.closes], [1, []]);
  await eventually(() => {
    socket.leave();
    return endsOf(socket).length === 20;
  });
  const refs = ["first", "between", ...Array.from({ length: 18 }, (_, i) => `last ${i}`)];
  assertEquals(endsOf(socket), refs.map((ref) => [ref, true]));
  for (const ref of refs) assertEquals(replayIn(wire(socket), ref).length, 258);
  for (let i = 0; i < 21; i++) ask(socket, `too many ${i}`);
  await microtasks();
  assertEquals(socket.closes.map(({ code }) => code), [4429]);
  await end(socket);
});

Deno.test("an event that is larger than its peer accepts is reported, and not counted: the replay is not whole", async () => {
  const { add, publish, reports, end } = openHistory();
  for (const payload of [1, "x".repeat(70_000), 2]) publish("news", "1", payload);
  const { socket } = add(undefined, { ...HELLO, maxFrameBytes: 65_536 });
  ask(socket, "s");
  await microtasks();
  publish("news", "1", 3);
  await microtasks();
  assertEquals([replayIn(wire(socket), "s"), liveIn(wire(socket)), endsOf(socket)], [[1, 2], [3], [[
    "s",
    false,
  ]]]);
  assertEquals(reports.map(({ stage }) => stage), ["encode"]);
  await end(socket);
});

Deno.test("an answer leaves out places that nobody asked for where it would be too long, and only these", async () => {
  const { add, end } = openHistory();
  const { socket } = add(undefined, HELLO);
  const topics = Array.from({ length: 2000 }, (_, i) => `news:${i}`);
  socket.receive("__subscribe", "plain", { topics });
  socket.receive("__subscribe", "now", { topics, since: topics.map(() => ({ from: "now" })) });
  await microtasks();
  const places = (ref: string): unknown[] =>
    wire(socket).filter(({ type, id }) => type === "__subscribed" && id === ref)
      .flatMap(({ payload }) => (payload as { history: unknown[] }).history);
  assertEquals([places("plain").length, places("now").length], [2000, 2000]);
  assert(places("plain").includes(null));
  assert(!places("now").includes(null));
  await end(socket);
});

Deno.test("a peer that does not say that it reads the past sees nothing of it but positions", async () => {
  const { add, publish, end } = openHistory();
  publish("news", "1", 1);
  for (const hello of [undefined, { batch: true }]) {
    const { socket } = add(undefined, hello);
    socket.sent.length = 0;
    ask(socket, "s", "news");
    publish("news", "1", 2);
    publish("other", "1", 3);
    await microtasks();
    assertEquals(kinds(socket), [...hello === undefined ? [] : ["__hello"], "__subscribed", "news"]);
    const [event, answer, own] = wire(socket).toReversed();
    assertEquals(answer?.payload, { topics: ["news"], refused: [] });
    assertEquals((own?.payload as { history?: boolean } | undefined)?.history, undefined);
    assertEquals([event].map((event) => [event?.payload, event?.at?.length]), [[2, 12]]);
    await microtasks();
    socket.fire("close", { code: 1000 });
  }
  await end();
});
