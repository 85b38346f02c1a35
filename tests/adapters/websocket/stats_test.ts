import { assertEquals } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type EventTargetStats,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { imbalances } from "../../support/audit.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";

const quiet = { connectTimeoutMs: Infinity, onError() {} };

/** The reasons of drops that have a count, after a look at the balance. */
function dropped(stats: EventTargetStats, side: "published" | "heard"): Record<string, number> {
  assertEquals(imbalances("the target", stats), []);
  return Object.fromEntries(Object.entries(stats[side].dropped).filter(([, count]) => count > 0));
}

Deno.test("a link counts each event that it does not hand over, by its reason", async () => {
  const socket = new FakeSocket();
  const link = createWebSocketClientEventTarget(socket, { ...quiet, maxBufferedBytes: 10_000 });
  link.publish({ type: "a", id: "1", payload: 1n });
  socket.receive("__hello", "", { version: 1, batch: true, maxFrameBytes: 65_536 });
  link.publish({ type: "a", id: "1", payload: "x".repeat(70_000) });
  link.publish({ type: "a", id: "1", payload: "x".repeat(20_000) });
  link.publish({ type: "a", id: "1", payload: 1 });
  await Promise.resolve();
  assertEquals(link.stats().published.handedOver, 1);
  socket.send = () => {
    throw new Error("broken");
  };
  link.publish({ type: "a", id: "1", payload: 2 });
  await link.closed;
  link.publish({ type: "a", id: "1", payload: 3 });
  const stats = link.stats();
  assertEquals(dropped(stats, "published"), { backpressure: 1, closed: 1, encode: 1, tooLarge: 1, lost: 1 });
  assertEquals([stats.published.total, stats.connections.ended], [6, { none: 1 }]);
});

Deno.test("what is discarded counts as lost, and what waits is a gauge", async () => {
  const link = createWebSocketClientEventTarget(new FakeSocket(), quiet);
  for (let i = 0; i < 3; i++) link.publish({ type: "a", id: "1", payload: i });
  assertEquals([link.stats().published.waiting, dropped(link.stats(), "published")], [3, {}]);
  await link.close({ discard: true });
  assertEquals([link.stats().published.waiting, dropped(link.stats(), "published")], [0, { lost: 3 }]);
});

Deno.test("a link counts as confirmed what it had handed over before a flush that was answered", async () => {
  const socket = new FakeSocket();
  const sent: { type: string; id: string }[] = [];
  socket.send = (text) => void sent.push(...[JSON.parse(text)].flat());
  const link = createWebSocketClientEventTarget(socket, quiet);
  socket.receive("__hello", "", { version: 1, batch: true });
  const publish = () => link.publish({ type: "a", id: "1", payload: null });
  publish();
  publish();
  const flushed = link.flush();
  publish();
  await Promise.resolve();
  // A sign of life confirms nothing.
  socket.receive("__pong", "", undefined);
  assertEquals([link.stats().published.handedOver, link.stats().published.confirmed], [3, 0]);
  socket.receive("__pong", sent.find(({ type }) => type === "__ping")?.id ?? "", undefined);
  await flushed;
  assertEquals([link.stats().published.handedOver, link.stats().published.confirmed], [3, 2]);
  await link.close({ discard: true });
});

Deno.test("a hub and a spoke count what they do not accept, by its reason", async () => {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({
    authorize: ({ type }) => type === "late" ? new Promise<never>(() => {}) : type !== "no",
    maxEventsPerSecond: 4,
    onError() {},
  });
  const [first, second] = [new FakeSocket(), new FakeSocket()];
  const [busy, leaving] = [hub.addConnection(first), hub.addConnection(second)];
  for (const type of ["no", "late", "a", "a", "a"]) first.receive(type, "1", null);
  // The fifth frame is beyond the rate, and ends the spoke with what waits of it.
  assertEquals(dropped(busy.stats(), "heard"), { refused: 1, left: 3 });
  second.receive("a", "1", null);
  second.receive("late", "1", null);
  void hub.close(leaving);
  second.fire("close", { code: 1000 });
  // Its event still takes effect, once there is an answer.
  assertEquals([leaving.stats().heard.waiting, dropped(leaving.stats(), "heard")], [1, {}]);
  const { heard, connections, types } = hub.stats();
  assertEquals(dropped(hub.stats(), "heard"), { refused: 1, left: 3 });
  assertEquals([heard.delivered, types?.["a"]?.heard, types?.["other"]?.heard], [1, 1, 4]);
  assertEquals(connections.ended, { 1000: 1, 4429: 1 });
  await hub.close();
});

Deno.test("a link counts what its program sends while a connection opens, also after that has ended", async () => {
  const socket = new FakeSocket();
  let sendLate = (): void => {};
  const link = createWebSocketClientEventTarget(socket, {
    ...quiet,
    onOpen(send) {
      send({ type: "first", id: "1", payload: null });
      sendLate = () => send({ type: "late", id: "1", payload: null });
    },
  });
  await link.close({ discard: true });
  sendLate();
  const stats = link.stats();
  assertEquals(dropped(stats, "published"), { closed: 1 });
  const { total, handedOver } = stats.published;
  assertEquals([total, handedOver, stats.types?.["first"]?.published], [2, 1, 1]);
});

for (const history of [undefined, createMemoryHistory({ a: {} })]) {
  const keeps = history === undefined ? "without" : "with";
  Deno.test(`a hub ${keeps} a history counts what it cannot encode, and what no spoke is subscribed to`, async () => {
    const hub = createWebSocketServerEventTarget({ ...(history && { history }), onError() {} });
    hub.publish({ type: "a", id: "1", payload: null });
    const socket = new FakeSocket();
    hub.addConnection(socket);
    socket.receive("__subscribe", "r", { topics: ["a", "b"] });
    for (const type of ["a", "b"]) {
      for (const payload of [1n, 1]) hub.publish({ type, id: "1", payload });
    }
    const stats = hub.stats();
    assertEquals(dropped(stats, "published"), { encode: 2, unheard: 1 });
    assertEquals([stats.published.total, stats.published.handedOver], [5, 2]);
    hub.removeConnection(socket);
    await hub.close();
  });
}

Deno.test("a spoke counts what it is not sent since it is slow, or closes", async () => {
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({
    backpressureThreshold: 100,
    backpressureGraceMs: 0,
    maxBufferedBytes: 65_536,
    onError() {},
  });
  const [full, closing] = [new FakeSocket(), new FakeSocket()];
  const [slow, left] = [hub.addConnection(full), hub.addConnection(closing)];
  full.holds = true;
  const publish = (on: typeof slow): void => on.publish({ type: "a", id: "1", payload: "x".repeat(60_000) });
  for (let i = 0; i < 4; i++) publish(slow);
  publish(left);
  void left.close();
  // Its listeners are gone, and a hub that has yet to forget it still sends.
  closing.receive("__subscribe", "r", { topics: ["b"] });
  publish(left);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const { slow: late = 0, lost = 0 } = dropped(slow.stats(), "published");
  assertEquals([slow.status.code, late > 0, late + lost + slow.stats().published.handedOver], [
    1013,
    true,
    4,
  ]);
  assertEquals(dropped(left.stats(), "published"), { closed: 1 });
  assertEquals(imbalances("the hub", hub.stats()), []);
  assertEquals(hub.stats().subscribers.dropped.slow, late);
  await hub.close();
});

Deno.test("a hundred types are counted apart, and an event type with the name other is not one of them", () => {
  const target = createInProcessEventTarget();
  for (let i = 0; i < 150; i++) target.publish({ type: `type ${i}`, id: "1", payload: null });
  target.publish({ type: "other", id: "1", payload: null });
  const stats = target.stats();
  assertEquals(imbalances("the target", stats), []);
  assertEquals(Object.keys(stats.types ?? {}).length, 101);
  assertEquals([stats.types?.["type 99"]?.published, stats.types?.["other"]?.published], [1, 51]);
});

Deno.test("stats() of a PubSub counts the drops of all its subscriptions, also after they have ended", async () => {
  const pubsub = createPubSub();
  const subscription = pubsub.subscribe("a", { capacity: 1, overflow: "drop-newest" });
  for (let i = 0; i < 3; i++) pubsub.publish("a", "1");
  assertEquals(pubsub.stats().subscriptions, { count: 1, dropped: 2 });
  await subscription.return();
  assertEquals(pubsub.stats().subscriptions, { count: 0, dropped: 2 });
});

for (const serve of [serveHub, serveNodeHub]) {
  Deno.test(`a hub counts the bytes of a binary message, which it cannot read (${serve.name})`, async () => {
    await using served = await serve();
    const socket = new WebSocket(served.url);
    socket.onopen = () => socket.send(new Uint8Array(5000));
    await eventually(() => assertEquals(served.hub.stats().heard.bytes, 5000));
    socket.close();
    await eventually(() => assertEquals(served.hub.connectionCount, 0));
  });
}
