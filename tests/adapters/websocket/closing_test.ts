import { assert, assertEquals } from "@std/assert";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { microtasks, withClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { connectRaw, type RawWebSocket } from "../../support/raw_websocket.ts";
import { eventsOf, open } from "../../support/wire_hub.ts";

const hello = JSON.stringify({ type: "__hello", id: "", payload: { version: 1, batch: true } });
const subscribeToNews = JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: ["news"] } });

/** A socket that has not opened. */
function connecting(): FakeSocket {
  const socket = new FakeSocket();
  socket.readyState = 0;
  return socket;
}

Deno.test("a socket that does not open in time is closed, forgotten, counted nowhere and reported", () =>
  withClock(async (clock) => {
    const { hub, add, counts, reports, log, end } = open({ maxConnections: 2 });
    const never = [connecting(), connecting()];
    for (const socket of never) add(undefined, undefined, socket);
    await clock.pass(19_999);
    assertEquals([counts(), hub.accepts()], [[2, 0, 0], false]);
    await clock.pass(1);
    assertEquals([counts(), hub.accepts()], [[0, 0, 0], true]);
    assertEquals(never.map(({ closes }) => closes.length), [1, 1]);
    assertEquals(reports.map(({ stage, error }) => [stage, error.includes("20000 ms")]), [
      ["connect", true],
      ["connect", true],
    ]);
    assertEquals(log, [], "neither has ever connected");
    const { socket } = add(["n"]);
    assertEquals(counts(), [1, 0, 1]);
    await end(socket);
  }));

Deno.test("a socket that opens in time, is removed, or is turned away stays as it is when the time is over", () =>
  withClock(async (clock) => {
    const { hub, add, counts, end } = open({ maxConnections: 2, openTimeoutMs: 100 });
    const [opens, removed, refused] = [connecting(), connecting(), connecting()];
    for (const socket of [opens, removed, refused]) add(undefined, undefined, socket);
    assertEquals(counts(), [2, 1, 0]);
    await clock.pass(99);
    opens.fire("open");
    assert(hub.removeConnection(removed));
    await clock.pass(10_000);
    assertEquals([counts()[0], opens.closes, removed.closes], [1, [], []]);
    assertEquals(refused.closes.map(({ code }) => code), [1013]);
    await end(opens);
  }));

Deno.test("a socket that opens after it was closed is closing until it closes, however long that takes", () =>
  withClock(async (clock) => {
    const { hub, add, counts, end } = open({ maxConnections: 1, maxClosing: 3 });
    const [closed, refused] = [connecting(), connecting()];
    const { spoke } = add(undefined, undefined, closed);
    const ended = spoke.close();
    add(undefined, undefined, refused);
    for (const socket of [closed, refused]) socket.fire("open");
    await clock.pass(2000);
    await ended;
    assertEquals([closed, refused].map(({ closes }) => closes.map(({ code }) => code)), [[1000, 1000], [
      1013,
      1013,
    ]]);
    await clock.pass(100_000);
    assertEquals([counts(), hub.accepts()], [[0, 2, 0], true]);
    const { socket } = add();
    add();
    assertEquals([counts(), hub.accepts()], [[1, 3, 0], false]);
    for (const each of [closed, refused]) each.fire("close", { code: 1013 });
    assertEquals(counts(), [1, 1, 0]);
    await end(socket);
  }));

Deno.test("Deno: peers that are turned away and never close are closing for as long as they stay", async () => {
  await using served = serveHub({ maxConnections: 0, maxClosing: 3, openTimeoutMs: 100 });
  const peers = await Promise.all(Array.from({ length: 3 }, () => connectRaw(served.port)));
  await eventually(() =>
    served.sockets.length === 3 && served.sockets.every((each) => each.readyState === 2)
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(served.hub.closingCount, 3);
  for (const peer of peers) peer[Symbol.dispose]();
  await eventually(() => assertEquals(served.hub.closingCount, 0));
});

Deno.test("a socket that was turned away and never opens is forgotten, too", () =>
  withClock(async (clock) => {
    const { add, counts, end } = open({ maxConnections: 0, openTimeoutMs: 100 });
    for (let i = 0; i < 5; i++) add(undefined, undefined, connecting());
    assertEquals(counts(), [0, 5, 0]);
    await clock.pass(100);
    assertEquals([counts(), clock.timers], [[0, 0, 0], 0]);
    await end();
  }));

Deno.test("an infinite openTimeoutMs sets no timer, and the end of a hub leaves none", () =>
  withClock(async (clock) => {
    const patient = open({ openTimeoutMs: Infinity });
    patient.add(undefined, undefined, connecting());
    assertEquals(clock.timers, 0);
    const { hub, add } = open();
    const sockets = [connecting(), connecting()];
    for (const socket of sockets) add(undefined, undefined, socket);
    assertEquals(clock.timers, 2);
    for (const each of [hub, patient.hub]) {
      const closing = each.close();
      await clock.pass(2000);
      await closing;
    }
  }));

Deno.test("a peer that says neither hello nor a subscription stays, and is dropped if the option asks for it", () =>
  withClock(async (clock) => {
    for (const dropsSilentPeers of [false, true]) {
      const { hub, add, log, reports, end } = open({ dropsSilentPeers });
      const { socket: silent } = add();
      const { socket: publishes } = add();
      const { socket: speaks } = add(undefined, {});
      const { socket: subscribes } = add(["n"]);
      const late = connecting();
      add(undefined, undefined, late);
      await clock.pass(10_000);
      late.fire("open");
      publishes.receive("n", "1");
      // A ping says nothing of what it wants.
      silent.receive("__ping", "");
      await clock.pass(9_999);
      assertEquals(hub.connectionCount, 5);
      await clock.pass(1);
      assertEquals(
        [silent, publishes, late, speaks, subscribes].map(({ closes }) => closes[0]?.code),
        dropsSilentPeers ? [4408, 4408, 4408, undefined, undefined] : Array(5).fill(undefined),
      );
      assertEquals(reports.map(({ stage }) => stage), Array(dropsSilentPeers ? 3 : 0).fill("connect"));
      assertEquals(log.filter((each) => each === "disconnection").length, dropsSilentPeers ? 3 : 0);
      await clock.pass(100_000);
      assertEquals(hub.connectionCount, dropsSilentPeers ? 2 : 5);
      await end(silent, publishes, late, speaks, subscribes);
    }
  }));

Deno.test({
  name: "Deno: visitors who are gone before the upgrade do not take the places of others",
  // Deno waits for the sockets that never open as long as the process lives.
  sanitizeOps: false,
  fn: visitorsLeave,
});

async function visitorsLeave(): Promise<void> {
  const faults: string[] = [];
  const hub = createWebSocketServerEventTarget({
    maxConnections: 5,
    openTimeoutMs: 300,
    onError: (error, { stage }) => void faults.push(`${stage} ${error}`),
  });
  let asked = 0;
  // A server that is shut down waits for the sockets that never open.
  const abort = new AbortController();
  const { signal } = abort;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", signal, onListen() {} }, async (request) => {
    // Who is it?
    await new Promise((resolve) => setTimeout(resolve, 30));
    asked++;
    if (!hub.accepts()) return new Response(null, { status: 503 });
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    hub.addConnection(socket);
    return response;
  });
  const { port } = server.addr;
  for (let i = 0; i < 5; i++) {
    const visitor = await Deno.connect({ port, hostname: "127.0.0.1" });
    await visitor.write(
      new TextEncoder().encode(
        "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      ),
    );
    visitor.close();
  }
  await eventually(() => asked === 5);
  await eventually(() => assertEquals([hub.connectionCount, hub.closingCount, hub.accepts()], [0, 0, true]));
  assert(faults.length > 0 && faults.every((fault) => fault.startsWith("connect ")), `${faults}`);
  using newcomer = await connectRaw(port);
  await newcomer.sendText(subscribeToNews);
  await eventually(() => hub.topicCount === 1);
  await hub.close();
  abort.abort();
  await server.finished;
}

Deno.test("a dropped connection whose socket is empty gives its place back after 30 seconds, released or not", () =>
  withClock(async ({ pass }) => {
    const { hub, add, counts, reports, end } = open({ maxConnections: 1, heartbeatMs: 1000 });
    const { socket: frozen } = add(["n"], {});
    // Its TCP acknowledges everything, and it answers nothing.
    await pass(2001 + 1000 / 8);
    assertEquals([frozen.closes[0]?.code, counts()], [4408, [0, 1, 0]]);
    const early = add().socket;
    assertEquals(early.closes[0]?.code, 1013);
    await pass(29_000);
    assertEquals(hub.accepts(), false);
    await pass(1000);
    assertEquals(hub.accepts(), true);
    const { socket, spoke } = add(["n"]);
    assertEquals([spoke.status.state, counts()], ["open", [1, 2, 1]]);
    // Only now does it close.
    frozen.fire("close", { code: 1006 });
    early.fire("close", { code: 1013 });
    assertEquals([counts(), reports.length], [[1, 0, 1], 1]);
    await end(socket);
  }));

/** A spoke that reads nothing, for which more waits than its socket takes, and which is dropped for it. */
async function dropSlow(
  hub: ReturnType<typeof open>,
  pass: (ms: number) => Promise<void>,
): Promise<FakeSocket> {
  const socket = new FakeSocket();
  socket.holds = true;
  hub.add(["n"], {}, socket);
  for (let i = 0; i < 80; i++) hub.publish("n", `${i}`, "x".repeat(20_000));
  await pass(5000);
  assertEquals(socket.closes, [{ code: 1013, reason: "reads too slowly" }]);
  return socket;
}

Deno.test("a dropped connection whose socket is full keeps its place until it is released", () =>
  withClock(async ({ pass }) => {
    const parts = open({ maxConnections: 1 });
    const { hub, add, counts, end } = parts;
    const full = await dropSlow(parts, pass);
    await pass(500_000);
    assertEquals([counts(), hub.accepts()], [[0, 1, 0], false]);
    full.fire("close", { code: 1006 });
    assertEquals([counts(), hub.accepts()], [[0, 0, 0], true]);
    const { socket } = add(["n"]);
    assertEquals(counts(), [1, 0, 1]);
    await end(socket);
  }));

Deno.test("a close with the code 0 after a close of this side is not the end while the socket is full", () =>
  withClock(async ({ pass }) => {
    const parts = open({ maxConnections: 1 });
    const { hub, counts, end } = parts;
    const full = await dropSlow(parts, pass);
    // Deno says so when the peer sends one more frame.
    full.fire("close", { code: 0 });
    await pass(60_000);
    assertEquals([counts(), hub.accepts()], [[0, 1, 0], false]);
    full.fire("close", { code: 0 });
    assertEquals([counts(), hub.accepts()], [[0, 0, 0], true]);
    await end();
  }));

Deno.test("a close with the code 0 is the end if nothing was in the socket, or if the peer closed", () =>
  withClock(async ({ pass }) => {
    const parts = open({ maxEventsPerSecond: 1, maxEventBurst: 1 });
    const { add, counts, end } = parts;
    const { socket: dropped } = add();
    for (let i = 0; i < 3; i++) dropped.receive("n", "1");
    assertEquals([dropped.closes[0]?.code, counts()], [4429, [0, 1, 0]]);
    dropped.fire("close", { code: 0 });
    assertEquals(counts(), [0, 0, 0]);
    const full = new FakeSocket();
    full.holds = true;
    add(["n"], {}, full);
    for (let i = 0; i < 20; i++) parts.publish("n", `${i}`, "x".repeat(20_000));
    await pass(500);
    full.fire("close", { code: 0 });
    assertEquals(counts(), [0, 0, 0]);
    await end();
  }));

for (
  const [name, stays] of [
    ["sends one more frame after it was dropped", (slow: RawWebSocket) => slow.sendText(hello)],
    ["ends its half of TCP after it was dropped", (slow: RawWebSocket) => slow.endHalf()],
    ["does both", (slow: RawWebSocket) => slow.sendText(hello).then(() => slow.endHalf())],
  ] as const
) {
  Deno.test(`Deno: a peer that reads nothing and ${name} is closing until TCP ends`, async () => {
    await using served = serveHub({ maxConnections: 1, backpressureGraceMs: 50 });
    const slow = await connectRaw(served.port);
    await slow.sendText(subscribeToNews);
    await eventually(() => served.spokes[0]?.topics.size === 1);
    const text = "x".repeat(64 * 1024);
    for (let n = 0; n < 500 && !served.log.includes("disconnection"); n++) {
      served.hub.publish({ type: "news", id: "1", payload: text });
      if (n % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await eventually(() => served.log.includes("disconnection"));
    let closes = 0;
    served.sockets[0]?.addEventListener("close", () => void closes++);
    await stays(slow);
    await eventually(() => closes > 0);
    assertEquals([served.hub.connectionCount, served.hub.closingCount, served.hub.accepts()], [0, 1, false]);
    const newcomer = await connectRaw(served.port);
    assertEquals(await newcomer.readCloseCode(), 1013);
    newcomer[Symbol.dispose]();
    slow[Symbol.dispose]();
    await eventually(() => assertEquals([served.hub.closingCount, served.hub.accepts()], [0, true]));
  });
}

Deno.test("Deno: a peer that reads nothing and ends its half of TCP keeps its place, since its socket stays full", async () => {
  await using served = serveHub({ maxConnections: 1, backpressureGraceMs: 60_000 });
  const slow = await connectRaw(served.port);
  await slow.sendText(hello);
  await slow.sendText(subscribeToNews);
  await eventually(() => served.spokes[0]?.topics.size === 1);
  for (let n = 0; n < 200; n++) {
    served.hub.publish({ type: "news", id: "1", payload: "x".repeat(64 * 1024) });
    if (n % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // Until it has been seen twice that nothing leaves.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await slow.endHalf();
  await eventually(() => served.log.includes("disconnection"));
  assertEquals([served.hub.connectionCount, served.hub.closingCount, served.hub.accepts()], [0, 1, false]);
  slow[Symbol.dispose]();
});

for (const reads of [true, false]) {
  Deno.test(
    `Deno: a peer that ${reads ? "has read" : "does not read"} a large event and ends its half of TCP ${
      reads ? "is forgotten at once" : "keeps its place"
    }`,
    async () => {
      await using served = serveHub({ maxConnections: 1, maxFrameBytes: 20_000_000 });
      const peer = await connectRaw(served.port);
      const hello = { type: "__hello", id: "", payload: { version: 1, maxFrameBytes: 20_000_000 } };
      await peer.sendText(JSON.stringify(hello));
      await peer.sendText(subscribeToNews);
      await eventually(() => served.hub.topicCount === 1);
      // More than the kernel takes for a peer that does not read.
      served.hub.publish({ type: "news", id: "1", payload: "x".repeat(reads ? 250_000 : 15_000_000) });
      if (reads) {
        // Its kernel has taken everything.
        await eventually(() => served.sockets[0]?.bufferedAmount === 0);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      await peer.endHalf();
      await eventually(() => served.log.includes("disconnection"));
      assertEquals([served.hub.closingCount, served.hub.accepts()], reads ? [0, true] : [1, false]);
      peer[Symbol.dispose]();
    },
  );
}

Deno.test("Deno: a peer that was sent little and ends its half of TCP is forgotten at once", async () => {
  await using served = serveHub({ maxConnections: 1 });
  for (const says of [[], [hello, subscribeToNews]]) {
    const peer = await connectRaw(served.port);
    for (const text of says) await peer.sendText(text);
    await eventually(() => served.hub.connectionCount === 1 && served.hub.topicCount === says.length / 2);
    served.hub.publish({ type: "news", id: "1", payload: "x" });
    await peer.endHalf();
    await eventually(() => assertEquals([served.hub.closingCount, served.hub.accepts()], [0, true]));
    peer[Symbol.dispose]();
  }
});

for (const error of [undefined, "Broken pipe (os error 32)", "Unexpected EOF"]) {
  Deno.test(
    `a socket that ends full ${error === undefined ? "without an error" : `with “${error}”`} ${
      error === "Unexpected EOF" ? "keeps its place for ten minutes" : "gives its place back"
    }`,
    () =>
      withClock(async ({ pass }) => {
        const parts = open({ maxConnections: 1, backpressureGraceMs: 100_000 });
        const { hub, add, counts, end } = parts;
        const socket = new FakeSocket();
        socket.holds = true;
        add(["n"], {}, socket);
        for (let i = 0; i < 80; i++) parts.publish("n", `${i}`, "x".repeat(20_000));
        await pass(1000);
        if (error !== undefined) socket.fire("error", { message: error });
        socket.fire("close", { code: 0 });
        const keeps = error === "Unexpected EOF";
        assertEquals([counts(), hub.accepts()], [[0, keeps ? 1 : 0, 0], !keeps]);
        await pass(599_000);
        assertEquals(hub.accepts(), !keeps);
        await pass(1000);
        assertEquals([counts(), hub.accepts()], [[0, 0, 0], true]);
        await end();
      }),
  );
}

Deno.test("Deno: a peer that is dropped at once, with one large frame in its socket, is closing until TCP ends", async () => {
  await using served = serveHub({ maxBufferedBytes: 20_000_000, maxFrameBytes: 20_000_000 });
  const slow = await connectRaw(served.port);
  await slow.sendText(JSON.stringify({
    type: "__hello",
    id: "",
    payload: { version: 1, batch: true, maxFrameBytes: 20_000_000 },
  }));
  await slow.sendText(subscribeToNews);
  await eventually(() => served.spokes[0]?.topics.size === 1);
  let closes = 0;
  served.sockets[0]?.addEventListener("close", () => void closes++);
  const text = "x".repeat(15_000_000);
  for (let n = 0; n < 2; n++) served.hub.publish({ type: "news", id: "1", payload: text });
  await eventually(() => served.log.includes("disconnection"));
  await slow.sendText(hello);
  await eventually(() => closes > 0);
  assertEquals(served.hub.closingCount, 1);
  slow[Symbol.dispose]();
  await eventually(() => assertEquals(served.hub.closingCount, 0));
});

Deno.test("connections that were turned away take no place, however many there are and however long they stay", () =>
  withClock(async ({ pass }) => {
    const { hub, add, counts, end } = open({ maxConnections: 2, maxClosing: 10_000 });
    const honest = [add(["n"]).socket, add(["n"]).socket];
    for (let i = 0; i < 3000; i++) add();
    assertEquals(counts(), [2, 3000, 1]);
    for (const socket of honest) socket.fire("close", { code: 1001 });
    await pass(1);
    assertEquals(hub.accepts(), true);
    const again = [add(["n"]).socket, add(["n"]).socket];
    assertEquals(again.map(({ closes }) => closes), [[], []]);
    await end(...again);
  }));

Deno.test("accepts() is false beyond maxClosing, in a hub that is full, and in one that has ended", async () => {
  const { hub, add, end } = open({ maxClosing: 3, maxEventsPerSecond: 1, maxEventBurst: 1 });
  const closing = Array.from({ length: 3 }, () => {
    assert(hub.accepts());
    const { socket } = add();
    for (let i = 0; i < 3; i++) socket.receive("n", "1");
    return socket;
  });
  assertEquals([hub.closingCount, hub.accepts()], [3, false]);
  closing[1]?.fire("close", { code: 4429 });
  assertEquals([hub.closingCount, hub.accepts()], [2, true]);
  await end();
  assertEquals(hub.accepts(), false);
});

Deno.test("maxClosing is maxConnections, and at least 100", async () => {
  for (const [maxConnections, maxClosing] of [[1, 100], [150, 150]] as const) {
    const { hub, add, end } = open({ maxConnections });
    const live = Array.from({ length: maxConnections }, () => add().socket);
    for (let i = 0; i < maxClosing; i++) add();
    live[0]?.fire("close", { code: 1000 });
    assertEquals([hub.closingCount, hub.accepts()], [maxClosing, false]);
    await end(...live);
  }
});

Deno.test("a bound of closing that is no bound throws at once", () => {
  for (
    const options of [{ maxClosing: -1 }, { maxClosing: NaN }, { openTimeoutMs: 0 }, { openTimeoutMs: NaN }]
  ) {
    let thrown: unknown;
    try {
      createWebSocketServerEventTarget(options);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof RangeError, JSON.stringify(options));
  }
});

for (const [name, serve] of [["Deno", serveHub], ["ws", serveNodeHub]] as const) {
  Deno.test(`${name}: a request that the hub does not accept can be refused, and a place is free when its spoke has left`, async () => {
    await using served = await serve({ maxConnections: 1 });
    const first = await connectRaw(served.port);
    await first.sendText(hello);
    await eventually(() => served.hub.connectionCount === 1);
    assertEquals(served.hub.accepts(), false);
    first[Symbol.dispose]();
    await eventually(() => served.hub.accepts());
    assertEquals([served.hub.connectionCount, served.hub.closingCount], [0, 0]);
  });
}

for (const role of ["hub", "link"] as const) {
  Deno.test(`close() of a ${role} hands its socket everything that waits, ahead of the close`, () =>
    withClock(async ({ pass }) => {
      const { hub, add, publish } = open();
      const socket = new FakeSocket();
      socket.holds = true;
      const { spoke } = add(["n"], { batch: true }, socket);
      await microtasks();
      for (let i = 0; i < 50; i++) {
        if (role === "hub") publish("n", `${i}`, "x".repeat(20_000));
        else spoke.publish({ type: "n", id: `${i}`, payload: "x".repeat(20_000) });
      }
      await microtasks();
      assert(eventsOf(socket).length < 20, "the rest waits");
      const closing = role === "hub" ? hub.close() : spoke.close();
      await microtasks();
      assertEquals(eventsOf(socket), Array.from({ length: 50 }, (_, i) => `n:${i}`));
      assertEquals(socket.closes.length, 1);
      socket.fire("close", { code: 1001 });
      await closing;
      await pass(0);
      await hub.close();
    }));
}

Deno.test("a connection that is removed was handed everything that waited for room", async () => {
  const { hub, add, publish, reports } = open();
  const socket = new FakeSocket();
  socket.holds = true;
  add(["n"], { batch: true }, socket);
  for (let i = 0; i < 50; i++) publish("n", `${i}`, "x".repeat(20_000));
  await microtasks();
  assert(eventsOf(socket).length < 20, "the rest waits");
  hub.removeConnection(socket);
  assertEquals(eventsOf(socket), Array.from({ length: 50 }, (_, i) => `n:${i}`));
  assertEquals([socket.closes, reports], [[], []]);
  await hub.close();
});
