import { assert, assertEquals } from "@std/assert";
import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { microtasks, withClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { type ServedHub, serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { connectRaw } from "../../support/raw_websocket.ts";

const MIB = 1024 * 1024;
const subscribeToNews = JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: ["news"] } });
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("hub drops a spoke that stops reading (1013), and 99 others miss nothing", async () => {
  await using served = serveHub();
  const links = await Promise.all(Array.from({ length: 99 }, async () => {
    const open = openLink(served.url);
    const received: number[] = [];
    open.link.listen("news", undefined, {
      // The publisher is this file.
      onEvent: ({ payload }) => void received.push((payload as { n: number }).n),
    });
    await open.link.flush();
    return { ...open, received };
  }));
  using stalled = await connectRaw(served.port);
  await stalled.sendText(subscribeToNews);
  await eventually(() => served.spokes.at(-1)?.topics.size === 1);

  const text = "x".repeat(16 * 1024);
  const before = Deno.memoryUsage().rss;
  let published = 0;
  let most = 0;
  // It takes what the sockets of the system hold, some megabytes, before anything is noticed.
  while (served.log.filter((entry) => entry === "backpressure").length === 0) {
    assert(published < 3000, "the stalled spoke was never noticed");
    served.hub.publish({ type: "news", id: "1", payload: { n: published++, text } });
    most = Math.max(most, ...served.sockets.map(({ bufferedAmount }) => bufferedAmount));
    if (published % 4 === 0) await nextTurn();
  }
  assertEquals(served.hub.connectionCount, 99);
  for (let i = 0; i < 10; i++) {
    served.hub.publish({ type: "news", id: "1", payload: { n: published++, text } });
  }
  await served.hub.flush();

  for (const { received } of links) assertEquals(received, Array.from({ length: published }, (_, i) => i));
  assert(most <= 256 * 1024 + 1024, `${most} bytes were in the socket of one spoke`);
  const growth = Deno.memoryUsage().rss - before;
  assert(growth < 300 * MIB, `the process grew by ${growth} bytes`);
  assertEquals(served.log.filter((entry) => entry !== "connection"), ["backpressure", "disconnection"]);
  assertEquals(served.faults.map(({ context }) => context.stage), ["backpressure"]);
  // Only now does it read: what was sent to it, and then why it was dropped.
  assertEquals(await stalled.readCloseCode(), 1013);
  await Promise.all(links.map(({ link }) => link.close()));
});

Deno.test("a healthy spoke survives a burst of 5 MB in one turn", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  const pubsub = createPubSub<{ news: { n: number; text: string } }>({ eventTarget: open.link });
  const subscription = pubsub.subscribe("news");
  await subscription.ready;
  const text = "x".repeat(10_000);
  for (let burst = 0; burst < 3; burst++) {
    // Microtasks pass, but the turn does not end.
    for (let n = 0; n < 500; n++) {
      served.hub.publish({ type: "news", id: "1", payload: { n, text } });
      if (n % 100 === 0) await Promise.resolve();
    }
    for (let n = 0; n < 500; n++) assertEquals((await subscription.next()).value?.payload.n, n);
    await eventually(() => served.sockets[0]?.bufferedAmount === 0);
  }
  assertEquals([served.hub.connectionCount, served.faults.length], [1, 0]);
});

Deno.test("a spoke is slow only if its socket is over the threshold for the whole grace time, or was when it was given", () =>
  withClock(async ({ pass }) => {
    const log: string[] = [];
    const hub = createWebSocketServerEventTarget({
      backpressureThreshold: 1000,
      onError: (_error, { stage }) => void log.push(stage),
      onBackpressure: () => void log.push("slow"),
      onDisconnection: () => void log.push("disconnection"),
    });
    const add = (socket: FakeSocket): FakeSocket => {
      socket.holds = true;
      hub.addConnection(socket);
      socket.receive("__subscribe", "1", { topics: ["n"] });
      return socket;
    };
    const publish = async (bytes = 0) => {
      hub.publish({ type: "n", id: "1", payload: "x".repeat(bytes) });
      await microtasks();
    };
    const socket = add(new FakeSocket());
    // Bursts of any number of turns that are read in time.
    for (let burst = 0; burst < 3; burst++) {
      for (let i = 0; i < 9; i++) {
        await publish(5000);
        await pass(100);
      }
      socket.leave();
      await pass(100);
    }
    assertEquals(log, []);
    await publish(5000);
    // Controls are sent to it, too, and change nothing.
    socket.receive("__ping", "");
    await pass(999);
    assertEquals(log, []);
    await pass(1);
    assertEquals(log, ["backpressure", "slow", "disconnection"]);
    assertEquals(socket.closes, [{ code: 1013, reason: "reads too slowly" }]);
    await publish();
    assertEquals([log.length, hub.connectionCount, hub.topicCount, hub.closingCount], [3, 0, 0, 1]);
    socket.fire("close", { code: 1013 });
    assertEquals(hub.closingCount, 0);
    // Full when it was given, with what is not the hub's.
    const full = new FakeSocket();
    full.bufferedAmount = 2000;
    add(full);
    await pass(100);
    assertEquals([log.length, full.closes], [3, []]);
    await publish();
    assertEquals([log.length, full.closes.length], [6, 1]);
    full.fire("close");
    await hub.close();
  }));

Deno.test("a spoke over maxBufferedBytes is dropped at any send, even of answers to its own controls", async () => {
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget({
    maxBufferedBytes: 10_000,
    onError: (_error, { stage }) => void log.push(stage),
  });
  const burst = new FakeSocket();
  const flooder = new FakeSocket();
  for (const socket of [burst, flooder]) hub.addConnection(socket);
  burst.receive("__subscribe", "1", { topics: ["n"] });
  await Promise.resolve();
  hub.publish({ type: "n", id: "1", payload: "x".repeat(9_900) });
  await Promise.resolve();
  assertEquals([log, burst.sent.length], [[], 2]);
  burst.bufferedAmount = burst.sent.reduce((sum, { length }) => sum + length, 0);
  hub.publish({ type: "n", id: "1", payload: "x".repeat(100) });
  await nextTurn();
  assertEquals([log, hub.connectionCount], [["backpressure"], 1]);
  // It sends pings and never reads a pong.
  for (let i = 0; i < 1000 && hub.connectionCount === 1; i++) {
    flooder.receive("__ping", "x".repeat(100));
    await Promise.resolve();
    flooder.bufferedAmount = flooder.sent.reduce((sum, { length }) => sum + length, 0);
  }
  assertEquals([log, hub.connectionCount], [["backpressure", "backpressure"], 0]);
  assert(flooder.bufferedAmount <= 10_000, `${flooder.bufferedAmount} bytes`);
  for (const socket of [burst, flooder]) socket.fire("close");
  await hub.close();
});

/** Publishes until the system takes nothing more for a spoke that does not read, and then two megabytes. */
async function congest({ hub, sockets }: ServedHub): Promise<number> {
  const text = "x".repeat(16 * 1024);
  let published = 0;
  const publish = () => hub.publish({ type: "news", id: "1", payload: { n: published++, text } });
  for (let late = 0; late < 5; late = (sockets[0]?.bufferedAmount ?? 0) > 128 * 1024 ? late + 1 : 0) {
    assert(published < 3000, "the spoke reads");
    for (let i = 0; i < 8; i++) publish();
    await nextTurn();
  }
  for (let i = 0; i < 2 * MIB / text.length; i++) publish();
  return published;
}

Deno.test("a slow spoke that reads again within its grace time is kept and misses nothing", async () => {
  await using served = serveHub({ backpressureGraceMs: 60_000 });
  using slow = await connectRaw(served.port);
  await slow.sendText(subscribeToNews);
  await eventually(() => served.spokes[0]?.topics.size === 1);
  const published = await congest(served);
  assertEquals([served.hub.connectionCount, served.faults], [1, []]);
  const numbers: number[] = [];
  const code = slow.readCloseCode((text) => {
    const { type, payload } = JSON.parse(text);
    if (type === "news") numbers.push(payload.n);
  });
  await eventually(() => served.sockets[0]?.bufferedAmount === 0);
  // In later turns it is a spoke like any other.
  await nextTurn();
  served.hub.publish({ type: "news", id: "1", payload: { n: published } });
  await eventually(() => numbers.length === published + 1);
  assertEquals(numbers, Array.from({ length: published + 1 }, (_, i) => i));
  assertEquals(served.log, ["connection"]);
  await served.hub.close();
  assertEquals(await code, 1001);
});

Deno.test("a slow spoke that does not read within its grace time is dropped (1013), with or without further sends", async () => {
  await using served = serveHub({ backpressureGraceMs: 300 });
  using slow = await connectRaw(served.port);
  await slow.sendText(subscribeToNews);
  await eventually(() => served.spokes[0]?.topics.size === 1);
  await congest(served);
  const before = performance.now();
  await eventually(() => served.log.includes("disconnection"));
  assert(performance.now() - before > 200, "it was not given its time");
  assertEquals(served.log, ["connection", "backpressure", "disconnection"]);
  assertEquals(served.faults.map(({ context }) => context.stage), ["backpressure"]);
  assertEquals(await slow.readCloseCode(), 1013);
});

Deno.test("a slow spoke with a grace time is dropped at once beyond maxBufferedBytes", async () => {
  await using served = serveHub({ backpressureGraceMs: 60_000, maxBufferedBytes: 4 * MIB });
  using slow = await connectRaw(served.port);
  await slow.sendText(subscribeToNews);
  await eventually(() => served.spokes[0]?.topics.size === 1);
  const text = "x".repeat(16 * 1024);
  for (let n = 0; n < 3000 && !served.log.includes("disconnection"); n++) {
    served.hub.publish({ type: "news", id: "1", payload: { n, text } });
    if (n % 8 === 0) await nextTurn();
    assert((served.sockets[0]?.bufferedAmount ?? 0) <= 4 * MIB);
  }
  assertEquals(served.log, ["connection", "backpressure", "disconnection"]);
  assertEquals(await slow.readCloseCode(), 1013);
});

Deno.test("an event published in onBackpressure reaches the others after the event that made the spoke slow", async () => {
  const hub = createWebSocketServerEventTarget({
    onError() {},
    onDisconnection: () => hub.publish({ type: "n", id: "left", payload: null }),
  });
  const slow = new FakeSocket();
  const others = [new FakeSocket(), new FakeSocket()] as const;
  for (const socket of [others[0], slow, others[1]]) {
    hub.addConnection(socket);
    socket.receive("__subscribe", "1", { topics: ["n"] });
  }
  slow.bufferedAmount = 2 * MIB;
  hub.publish({ type: "n", id: "first", payload: null });
  await nextTurn();
  // Each fills a frame, which leaves at once.
  for (const id of ["second", "third"]) hub.publish({ type: "n", id, payload: "x".repeat(MIB / 2) });
  await nextTurn();
  assertEquals(slow.closes.length, 1);
  for (const { envelopes } of others) {
    assertEquals(envelopes.filter(({ type }) => type === "n").map(({ id }) => id), [
      "first",
      "second",
      "third",
      "left",
    ]);
  }
});
