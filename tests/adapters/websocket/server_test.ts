import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { ConnectionLostError, createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { connectRaw } from "../../support/raw_websocket.ts";
import { envelope, payloadsOf } from "../../support/events.ts";

Deno.test("hub sends an event only to the spokes that are subscribed, and to each once", async () => {
  await using served = serveHub();
  await using first = openLink(served.url);
  await using second = openLink(served.url);
  await using third = openLink(served.url);
  const overlapping = ["news:1", "news", "*"].map((topic) => {
    const [type = "", id] = topic.split(":");
    return payloadsOf(first.link, type, id);
  });
  const other = payloadsOf(second.link, "news", "2");
  const messages: string[] = [];
  third.link.listen("other", undefined, { onEvent: ({ type }) => void messages.push(type) });
  await Promise.all([first, second, third].map(({ link }) => link.flush()));

  served.hub.publish(envelope("news", "1", "one"));
  served.hub.publish(envelope("news", "2", "two"));
  await served.hub.flush();

  assertEquals(overlapping, [["one"], ["one", "two"], ["one", "two"]]);
  assertEquals(other, ["two"]);
  assertEquals(messages, []);
});

Deno.test("hub serialises an event once for all spokes, and not at all for none", async () => {
  await using served = serveHub();
  let serialised = 0;
  const payload = { toJSON: () => ++serialised };
  served.hub.publish(envelope("news", "1", payload));
  assertEquals(serialised, 0);
  await using first = openLink(served.url);
  await using second = openLink(served.url);
  const heard = [payloadsOf(first.link, "news"), payloadsOf(second.link, "news", "1")];
  await Promise.all([first.link.flush(), second.link.flush()]);
  served.hub.publish(envelope("news", "1", payload));
  await served.hub.flush();
  assertEquals(heard, [[1], [1]]);
  assertEquals(serialised, 1);
});

Deno.test("events of one turn share frames, and a frame holds no more than 512 of them", () => {
  const hub = createWebSocketServerEventTarget();
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__hello", "", { version: 1, batch: true });
  socket.receive("__subscribe", "1", { topics: ["n"] });
  socket.sent.length = 0;
  return Promise.resolve().then(() => {
    socket.sent.length = 0;
    for (let i = 0; i < 1100; i++) hub.publish(envelope("n", "1", i));
    return Promise.resolve();
  }).then(() => {
    assertEquals(socket.sent.map((frame) => JSON.parse(frame).length), [512, 512, 76]);
    assertEquals(socket.envelopes.map(({ payload }) => payload), Array.from({ length: 1100 }, (_, i) => i));
    return removeAll(hub, socket);
  });
});

/** Ends a hub whose sockets would never close by themselves. */
function removeAll(
  hub: ReturnType<typeof createWebSocketServerEventTarget>,
  ...sockets: FakeSocket[]
): Promise<void> {
  for (const socket of sockets) hub.removeConnection(socket);
  return hub.close();
}

Deno.test("frames that several spokes share stay under 64 KiB, which each spoke accepts, and are few", async () => {
  const hub = createWebSocketServerEventTarget();
  const roomy = new FakeSocket();
  const narrow = new FakeSocket();
  for (const [socket, maxFrameBytes] of [[roomy, 1_000_000], [narrow, 1]] as const) {
    hub.addConnection(socket);
    socket.receive("__hello", "", { version: 1, batch: true, maxFrameBytes });
    socket.receive("__subscribe", "1", { topics: ["n"] });
  }
  await Promise.resolve();
  roomy.sent.length = narrow.sent.length = 0;
  for (let i = 0; i < 200; i++) hub.publish(envelope("n", "1", "é".repeat(500)));
  await Promise.resolve();
  const bytes = (frame: string) => new TextEncoder().encode(frame).length;
  assert(roomy.sent.every((frame) => bytes(frame) <= 65_536), "a shared frame over 64 KiB");
  assert(roomy.sent.length <= 5, `${roomy.sent.length} frames where 4 would do`);
  assertEquals(narrow.sent, roomy.sent);
  assertEquals([roomy.envelopes.length, narrow.envelopes.length], [200, 200]);
  await removeAll(hub, roomy, narrow);
});

Deno.test("an envelope over what a spoke accepts is dropped and reported for that spoke alone", async () => {
  const faults: unknown[] = [];
  const hub = createWebSocketServerEventTarget({
    onError: (error, { stage, target, topic }) => void faults.push([String(error), stage, topic, target]),
  });
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  socket.receive("__hello", "", { version: 1, batch: true, maxFrameBytes: 70_000 });
  socket.receive("__subscribe", "1", { topics: ["n"] });
  await Promise.resolve();
  socket.sent.length = 0;
  hub.publish(envelope("n", "1", "x".repeat(70_000)));
  hub.publish(envelope("n", "1", "fits"));
  await Promise.resolve();
  assertEquals(socket.envelopes.map(({ payload }) => payload), ["fits"]);
  assertEquals(faults, [[
    "RangeError: Cannot send an event of 70034 bytes: the peer accepts 70000",
    "encode",
    "n:1",
    spoke,
  ]]);
  assertEquals(hub.connectionCount, 1);
  await removeAll(hub, socket);
});

Deno.test("a spoke's event target sends to that spoke alone, whatever it subscribed to, and receives from it alone", async () => {
  await using served = serveHub();
  await using first = openLink(served.url);
  await using second = openLink(served.url);
  await Promise.all([first.link.flush(), second.link.flush()]);
  const [spoke] = served.spokes;
  assert(spoke !== undefined);
  const heardByHub = payloadsOf(served.hub, "up");
  const heardBySpoke = payloadsOf(spoke, "up");
  const atFirst = payloadsOf(first.link, "private", "x");
  const atSecond = payloadsOf(second.link, "private", "x");
  await Promise.all([first.link.flush(), second.link.flush()]);
  served.spokes[0]?.publish(envelope("private", "x", "for the first"));
  first.link.publish(envelope("up", "1", "from the first"));
  second.link.publish(envelope("up", "1", "from the second"));
  await Promise.all([first.link.flush(), second.link.flush(), served.hub.flush(), spoke.flush()]);
  // Which link became the first spoke depends on the network.
  assertEquals([...atFirst, ...atSecond], ["for the first"]);
  assertEquals(heardByHub.length, 2);
  assertEquals(heardBySpoke.length, 1);
});

Deno.test("a spoke's event target lists the topics that the spoke is subscribed to", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  const stop = open.link.listen("news", "1", { onEvent() {} });
  open.link.listen("*", undefined, { onEvent() {} });
  await open.link.flush();
  assertEquals([...served.spokes[0]?.topics ?? []].toSorted(), ["*", "news:1"]);
  assertEquals(served.hub.topicCount, 2);
  stop();
  await open.link.flush();
  assertEquals([...served.spokes[0]?.topics ?? []], ["*"]);
  assertEquals(served.hub.topicCount, 1);
});

Deno.test("events sent to a spoke before its socket is open wait, up to a bound", async () => {
  const faults: unknown[] = [];
  const hub = createWebSocketServerEventTarget({
    maxBufferedBytes: 1000,
    onError: (_error, { stage, dropped }) => void faults.push([stage, dropped]),
  });
  const socket = new FakeSocket();
  socket.readyState = 0;
  const spoke = hub.addConnection(socket);
  assertEquals(spoke.status.state, "connecting");
  for (let i = 0; i < 10; i++) spoke.publish(envelope("n", "1", "x".repeat(200)));
  assertEquals(socket.sent, []);
  assertEquals(faults, [1, 2, 3, 4, 5, 6].map((dropped) => ["backpressure", dropped]));
  socket.fire("open");
  await Promise.resolve();
  assertEquals(socket.envelopes.length, 4);
  assertEquals(spoke.status.state, "open");
  await removeAll(hub, socket);
});

Deno.test("the same socket twice gives the same spoke, and another one after it was removed", async () => {
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
  });
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  const listeners = socket.listenerCount;
  assertStrictEquals(hub.addConnection(socket), spoke);
  assertEquals(socket.listenerCount, listeners);
  assertEquals(log, ["connection"]);
  assertEquals(hub.removeConnection(socket), true);
  assertEquals(hub.removeConnection(socket), false);
  assertNotStrictEquals(hub.addConnection(socket), spoke);
  hub.removeConnection(socket);
  assertEquals(log, ["connection", "disconnection", "connection", "disconnection"]);
  await hub.close();
});

Deno.test("removeConnection forgets the spoke and leaves its socket open", async () => {
  await using served = serveHub();
  const socket = new WebSocket(served.url);
  const messages: unknown[] = [];
  socket.addEventListener("message", ({ data }) => messages.push(data));
  await eventually(() => served.spokes[0]?.status.state === "open");
  const [spoke] = served.spokes;
  const [serverSocket] = served.sockets;
  assert(spoke !== undefined && serverSocket !== undefined);
  const subscription = createPubSub({ eventTarget: spoke }).subscribe("up");
  assertEquals(served.hub.removeConnection(serverSocket), true);
  assertEquals(served.log, ["connection", "disconnection"]);
  assertEquals([spoke.status.state, await spoke.closed], ["closed", undefined]);
  assertEquals(await subscription.next(), { value: undefined, done: true });
  assertEquals([served.hub.connectionCount, serverSocket.readyState], [0, WebSocket.OPEN]);
  serverSocket.send("still there");
  await eventually(() => assertEquals(messages, ["still there"]));
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  serverSocket.close(1000);
  await closed;
  assertEquals(served.log, ["connection", "disconnection"]);
});

Deno.test("onConnection is called when the socket is open, and onDisconnection only after it, each once", async () => {
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget({
    onError() {},
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
  });
  const neverOpen = new FakeSocket();
  neverOpen.readyState = 0;
  hub.addConnection(neverOpen);
  neverOpen.fire("error", { message: "refused" });
  neverOpen.fire("close", { code: 1006 });
  assertEquals([log, hub.connectionCount], [[], 0]);

  const socket = new FakeSocket();
  socket.readyState = 0;
  hub.addConnection(socket);
  assertEquals(log, []);
  socket.fire("open");
  socket.fire("error", { message: "No response from ping frame." });
  socket.fire("close", { code: 1001, reason: "first" });
  // Deno can fire it twice.
  socket.fire("close", { code: 1005 });
  assertEquals([log, hub.connectionCount], [["connection", "disconnection"], 0]);
  await hub.close();
});

Deno.test("lifecycle callbacks that throw affect nothing else", async () => {
  const original = console.error;
  const lines: unknown[] = [];
  console.error = (line: unknown) => void lines.push(line);
  try {
    const boom = () => {
      throw new Error("boom");
    };
    const hub = createWebSocketServerEventTarget({
      onError: boom,
      onConnection: boom,
      onDisconnection: () => Promise.reject(new Error("later")) as unknown as void,
      onBackpressure: boom,
      maxBufferedBytes: 100,
    });
    const socket = new FakeSocket();
    hub.addConnection(socket);
    socket.receive("__subscribe", "1", { topics: ["n"] });
    await Promise.resolve();
    hub.publish({ ...envelope("n", "1"), payload: "x".repeat(100) });
    await Promise.resolve();
    await eventually(() => assertEquals(lines.length, 4));
    assertEquals([hub.connectionCount, hub.topicCount], [0, 0]);
    socket.fire("close");
    await hub.close();
  } finally {
    console.error = original;
  }
});

Deno.test("a bare client gets single envelopes and acknowledgements, and is never pinged", async () => {
  await using served = serveHub();
  const socket = new WebSocket(served.url);
  const frames: unknown[] = [];
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(data)));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(
    JSON.stringify({
      type: "__subscribe",
      id: "7",
      payload: { topics: ["news", "", "a:b:c", "__x", "*:1"] },
    }),
  );
  await eventually(() => assertEquals(frames.length, 1));
  assertEquals(frames[0], {
    type: "__subscribed",
    id: "7",
    payload: {
      topics: ["news", "a:b:c"],
      refused: [
        { topic: "", reason: "the event type is empty" },
        { topic: "__x", reason: 'event types that start with "__" are reserved' },
        { topic: "*:1", reason: 'the event type "*" stands for every type' },
      ],
    },
  });
  for (let i = 0; i < 3; i++) served.hub.publish(envelope("news", "1", i));
  await served.hub.flush();
  await eventually(() => assertEquals(frames.length, 4));
  assertEquals(frames.slice(1), [0, 1, 2].map((payload) => ({ type: "news", id: "1", payload })));
  assertEquals(served.faults.map(({ context }) => context.stage), ["subscribe"]);
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close();
  await closed;
});

Deno.test("a duplicate subscribe is idempotent, and one unsubscribe ends it", async () => {
  const hub = createWebSocketServerEventTarget();
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: ["n", "n"] });
  socket.receive("__subscribe", "2", { topics: ["n"] });
  hub.publish(envelope("n", "1", "once"));
  socket.receive("__unsubscribe", "3", { topics: ["n", "never"] });
  hub.publish(envelope("n", "1", "never"));
  await Promise.resolve();
  assertEquals(socket.envelopes.filter(({ type }) => type === "n").map(({ payload }) => payload), ["once"]);
  assertEquals(socket.envelopes.map(({ type, id }) => [type, id]).slice(0, 2), [["__subscribed", "1"], [
    "__subscribed",
    "2",
  ]]);
  assertEquals(hub.topicCount, 0);
  await removeAll(hub, socket);
});

Deno.test("controls meant for the other side are reported and ignored", async () => {
  const stages: string[] = [];
  const hub = createWebSocketServerEventTarget({ onError: (_error, { stage }) => void stages.push(stage) });
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__subscribed", "1", { topics: ["n"] });
  socket.receive("__revoked", "", { refused: [] });
  socket.receive("__gap", "");
  socket.receive("__unknown", "", { anything: true });
  assertEquals(stages, ["decode", "decode", "decode"]);
  assertEquals(hub.connectionCount, 1);
  await removeAll(hub, socket);
});

Deno.test("__bye ends the connection", async () => {
  const hub = createWebSocketServerEventTarget();
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  socket.receive("__bye", "", { reason: "going home" });
  const error = await spoke.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.reason, hub.connectionCount, socket.closes.length], ["going home", 0, 1]);
  await hub.close();
});

Deno.test("a spoke that asks for more topics than allowed is closed with 1008", async () => {
  await using served = serveHub({ maxTopicsPerConnection: 3 });
  await using open = openLink(served.url);
  for (const id of ["1", "2", "3"]) open.link.listen("n", id, { onEvent() {} });
  await open.link.flush();
  // The same topics again are no more topics.
  assertEquals(served.spokes[0]?.topics.size, 3);
  open.link.listen("n", "4", { onEvent() {} });
  const error = await open.link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, error.reason], [1008, "more than 3 topics"]);
  await eventually(() =>
    assertEquals([served.hub.connectionCount, served.hub.closingCount, served.hub.topicCount], [0, 0, 0])
  );
  assertEquals(served.log, ["connection", "disconnection"]);
});

for (const serve of [serveHub, serveNodeHub]) {
  Deno.test(`a frame over maxFrameBytes closes with 1009, its neighbours stay (${serve.name})`, async () => {
    await using served = await serve({ maxFrameBytes: 65_536 });
    await using good = openLink(served.url);
    const heard = payloadsOf(good.link, "news");
    await good.link.flush();
    const bad = new WebSocket(served.url);
    await new Promise((resolve) => bad.addEventListener("open", resolve));
    const closed = new Promise<CloseEvent>((resolve) => bad.addEventListener("close", resolve));
    // 33,000 characters, but 66,000 bytes.
    bad.send(JSON.stringify("é".repeat(33_000)));
    assertEquals((await closed).code, 1009);
    served.hub.publish(envelope("news", "1", "still here"));
    await served.hub.flush();
    assertEquals(heard, ["still here"]);
    assertEquals(served.faults.map(({ context }) => context.stage), ["decode"]);
  });
}

Deno.test("a frame of exactly maxFrameBytes is accepted", async () => {
  const stages: string[] = [];
  const hub = createWebSocketServerEventTarget({
    maxFrameBytes: 65_536,
    onError: (_error, { stage }) => void stages.push(stage),
  });
  const socket = new FakeSocket();
  hub.addConnection(socket);
  const heard = payloadsOf(hub, "n");
  const empty = JSON.stringify(envelope("n", "1", "")).length;
  socket.receive("n", "1", "x".repeat(65_536 - empty));
  assertEquals([heard.length, hub.connectionCount], [1, 1]);
  socket.receive("n", "1", "x".repeat(65_537 - empty));
  assertEquals([heard.length, hub.connectionCount, stages], [1, 0, ["decode"]]);
  socket.fire("close");
  await hub.close();
});

Deno.test("maxConnections counts sockets that are still closing", async () => {
  const hub = createWebSocketServerEventTarget({
    maxConnections: 2,
    maxTopicsPerConnection: 1,
    onError() {},
  });
  const [first, second, third, fourth] = [
    new FakeSocket(),
    new FakeSocket(),
    new FakeSocket(),
    new FakeSocket(),
  ];
  hub.addConnection(first);
  hub.addConnection(second);
  const refused = hub.addConnection(third);
  assertEquals(third.closes, [{ code: 1013, reason: "more than 2 connections" }]);
  assertEquals(refused.status.state, "closed");
  third.fire("close", { code: 1013 });
  // It is closed for its topics, but its socket takes its time.
  first.receive("__subscribe", "1", { topics: ["a", "b"] });
  assertEquals([hub.connectionCount, hub.closingCount], [1, 1]);
  assertEquals(hub.addConnection(fourth).status.state, "closed");
  fourth.fire("close", { code: 1013 });
  first.fire("close", { code: 1008 });
  assertEquals([hub.connectionCount, hub.closingCount], [1, 0]);
  const fifth = new FakeSocket();
  assertEquals(hub.addConnection(fifth).status.state, "open");
  await removeAll(hub, second, fifth);
});

Deno.test("stats() of a hub counts its connections, and the topics of its spokes and of its own listeners", async () => {
  const hub = createWebSocketServerEventTarget({ maxTopicsPerConnection: 2, onError() {} });
  const [first, second] = [new FakeSocket(), new FakeSocket()];
  hub.addConnection(first);
  hub.addConnection(second);
  first.receive("__subscribe", "1", { topics: ["a", "b"] });
  second.receive("__subscribe", "1", { topics: ["b"] });
  hub.listen("c", undefined, { onEvent() {} });
  const before = hub.stats();
  assertEquals(before.listeners, { topics: 1, count: 1, gaps: 0 });
  const open = { opened: 2, refused: { full: 0, closed: 0 } };
  assertEquals(before.connections, { ...open, current: 2, closing: 0, ended: {} });
  assertEquals([before.subscribers.topics, before.subscribers.count], [2, 3]);
  // A third topic ends the spoke, and its socket takes its time to close.
  first.receive("__subscribe", "2", { topics: ["d"] });
  const { connections, subscribers } = hub.stats();
  assertEquals(connections, { ...open, current: 1, closing: 1, ended: { 1008: 1 } });
  assertEquals([subscribers.topics, subscribers.count], [1, 1]);
  assertEquals(
    [hub.connectionCount, hub.closingCount, hub.topicCount],
    [connections.current, connections.closing, subscribers.topics],
  );
  first.fire("close", { code: 1008 });
  assertEquals(hub.stats().connections, { ...connections, closing: 0 });
  await removeAll(hub, second);
});

Deno.test("a closed socket, or one that is added after close(), gives a spoke that has ended", async () => {
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget({
    onError() {},
    onConnection: () => void log.push("connection"),
  });
  const dead = new FakeSocket();
  dead.readyState = 3;
  const spoke = hub.addConnection(dead);
  assertInstanceOf(await spoke.closed, ConnectionLostError);
  assertEquals(hub.connectionCount, 0);
  await hub.close();
  const late = new FakeSocket();
  const lateSpoke = hub.addConnection(late);
  assertEquals([lateSpoke.status.state, late.closes[0]?.code], ["closed", 1001]);
  assertEquals([hub.connectionCount, log], [0, []]);
  late.fire("close");
  assertEquals(hub.closingCount, 0);
});

Deno.test("a send that throws removes the spoke, and the others receive the event", async () => {
  const log: string[] = [];
  const faults: unknown[] = [];
  const hub = createWebSocketServerEventTarget({
    onError: (error, { stage }) => void faults.push([stage, String(error)]),
    onDisconnection: () => void log.push("disconnection"),
  });
  const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
  for (const socket of sockets) {
    hub.addConnection(socket);
    socket.receive("__subscribe", "1", { topics: ["n"] });
  }
  await Promise.resolve();
  const [, broken] = sockets;
  assert(broken !== undefined);
  broken.sendFault = new Error("socket is broken");
  hub.publish(envelope("n", "1", "event"));
  await eventually(() => log.length > 0);
  assertEquals(log, ["disconnection"]);
  assertEquals(faults[0], ["connect", "Error: socket is broken"]);
  assertEquals(sockets.map(({ envelopes }) => envelopes.filter(({ type }) => type === "n").length), [
    1,
    0,
    1,
  ]);
  assertEquals(hub.connectionCount, 2);
  await removeAll(hub, ...sockets);
});

Deno.test("hub.flush waits for every spoke that said hello, and for none that has ended", async () => {
  await using served = serveHub({ flushTimeoutMs: 60_000 });
  await using stays = openLink(served.url);
  const heard = payloadsOf(stays.link, "news");
  await stays.link.flush();
  using raw = await connectRaw(served.port);
  await raw.sendText(JSON.stringify({ type: "__hello", id: "", payload: { version: 1, batch: true } }));
  await eventually(() => served.hub.connectionCount === 2);
  const bare = new WebSocket(served.url);
  await new Promise((resolve) => bare.addEventListener("open", resolve));
  await stays.link.flush();
  served.hub.publish(envelope("news", "1", "x"));
  const flushed = served.hub.flush();
  // The raw client never answers; once it has ended there is no spoke to wait for.
  raw[Symbol.dispose]();
  await flushed;
  assertEquals(heard, ["x"]);
  const closed = new Promise((resolve) => bare.addEventListener("close", resolve));
  bare.close();
  await closed;
});

Deno.test("hub.close closes its spokes with 1001, in time even if one never answers", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  await open.link.flush();
  using _silent = await connectRaw(served.port);
  await eventually(() => served.hub.connectionCount === 2);
  const started = performance.now();
  served.hub.publish(envelope("unheard", "1"));
  await served.hub.close();
  assert(performance.now() - started < 2000, "close() took more than 2 s");
  const error = await open.link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, error.reason], [1001, "the hub is closed"]);
  assertEquals(served.log.toSorted(), ["connection", "connection", "disconnection", "disconnection"]);
});

Deno.test("a spoke's close sends 1000 after what was sent to it", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  await open.link.flush();
  const subscription = createPubSub({ eventTarget: open.link }).subscribe("last");
  const [spoke] = served.spokes;
  spoke?.publish(envelope("last", "1", "words"));
  await spoke?.close();
  assertEquals((await subscription.next()).value?.payload, "words");
  const error = await open.link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals(error.code, 1000);
  assertEquals([served.hub.connectionCount, await spoke?.closed], [0, undefined]);
});

Deno.test("a spoke whose connection is cut is forgotten, and its subscriptions end with the loss", async () => {
  await using served = serveHub();
  const raw = await connectRaw(served.port);
  await raw.sendText(JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: ["a", "b:1"] } }));
  await eventually(() => served.hub.topicCount === 2);
  const [spoke] = served.spokes;
  assert(spoke !== undefined);
  const subscription = createPubSub({ eventTarget: spoke }).subscribe("up");
  const end = subscription.next().then(() => undefined, (error: unknown) => error);
  raw[Symbol.dispose]();
  assertInstanceOf(await end, ConnectionLostError);
  assertEquals([served.hub.connectionCount, served.hub.topicCount], [0, 0]);
  assertEquals(served.log, ["connection", "disconnection"]);
});

for (const serve of [serveHub, serveNodeHub]) {
  Deno.test(`a connection over maxConnections is closed with 1013 (${serve.name})`, async () => {
    await using served = await serve({ maxConnections: 1 });
    await using first = openLink(served.url);
    await first.link.flush();
    await using second = openLink(served.url);
    const error = await second.link.closed;
    assertInstanceOf(error, ConnectionLostError);
    assertEquals([error.code, error.reason], [1013, "more than 1 connections"]);
    await eventually(() => assertEquals([served.hub.connectionCount, served.hub.closingCount], [1, 0]));
    assertEquals([served.log, served.faults.map(({ context }) => context.stage)], [["connection"], [
      "connect",
    ]]);
  });
}

Deno.test("a spoke and its hub can close at the same time", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  await open.link.flush();
  const [spoke] = served.spokes;
  assert(spoke !== undefined);
  const subscription = createPubSub({ eventTarget: spoke }).subscribe("up");
  await Promise.all([spoke.close(), served.hub.close(), spoke.close(), spoke.closed]);
  assertEquals(await subscription.next(), { value: undefined, done: true });
  assertEquals([await spoke.closed, await served.hub.closed], [undefined, undefined]);
});

Deno.test("hub.close ends the subscriptions of its spokes' targets normally", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  await open.link.flush();
  const [spoke] = served.spokes;
  assert(spoke !== undefined);
  const subscription = createPubSub({ eventTarget: spoke }).subscribe("up");
  await served.hub.close();
  assertEquals(await subscription.next(), { value: undefined, done: true });
  assertEquals(await spoke.closed, undefined);
});

Deno.test("an event published on a spoke while its hub closes is reported, as on the hub itself", async () => {
  await using served = serveHub();
  await using open = openLink(served.url);
  const heard = payloadsOf(open.link, "news");
  await open.link.flush();
  served.spokes[0]?.publish(envelope("news", "1", "before"));
  const closing = served.hub.close();
  for (const target of [served.hub, ...served.spokes]) target.publish(envelope("news", "1", "after"));
  await closing;
  await open.link.closed;
  assertEquals(heard, ["before"]);
  assertEquals(
    served.faults.map(({ context }) => [context.target, context.stage, context.topic]),
    [served.hub, ...served.spokes].map((target) => [target, "publish", "news:1"]),
  );
});
