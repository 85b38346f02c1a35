import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import type { HubOptions } from "../../../adapters/_hub/types.ts";
import type { SpokeEventTarget } from "../../../adapters/_hub/types.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { capturePrinted } from "../../support/printed.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { eventsOf, open } from "../../support/wire_hub.ts";

Deno.test("every topic that a spoke asks for is answered once, and the answer precedes its events", async () => {
  const { publish, add, end, reports } = open();
  const { socket, spoke } = add(["n", "n:1", "*", "", "__x:1", "*:1", "n"]);
  publish("n", "1");
  await microtasks();
  assertEquals(socket.envelopes.map(({ type }) => type), ["__subscribed", "n"]);
  const { topics, refused } = socket.envelopes[0]?.payload as {
    topics: string[];
    refused: { topic: string }[];
  };
  assertEquals([topics, refused.map(({ topic }) => topic)], [["n", "n:1", "*"], ["", "__x:1", "*:1"]]);
  assertEquals([...spoke.topics], ["n", "n:1", "*"]);
  assertEquals(reports.map(({ stage, topic, target }) => [stage, topic, target]), [["subscribe", "", spoke]]);
  await end(socket);
});

Deno.test("no event of a topic precedes its answer, even one that is published when a topic is refused", async () => {
  const parts = open({ onError: () => parts.publish("faults", "1") });
  const { socket } = parts.add(["faults", ""]);
  await microtasks();
  assertEquals(socket.envelopes.map(({ type }) => type), ["__subscribed", "faults"]);
  await parts.end(socket);
});

Deno.test("a spoke that says hello late is sent arrays from then on, and its hello is answered in order", async () => {
  const { publish, add, end } = open();
  const { socket } = add(["n"]);
  publish("n", "1");
  publish("n", "2");
  socket.receive("__hello", "", { version: 1, batch: true });
  publish("n", "3");
  publish("n", "4");
  await microtasks();
  publish("n", "5");
  publish("n", "6");
  await microtasks();
  assertEquals(socket.envelopes.map(({ type, id }) => type + id), [
    "__subscribed1",
    "n1",
    "n2",
    "__hello",
    "n3",
    "n4",
    "n5",
    "n6",
  ]);
  assertEquals(socket.sent.at(-1), '[{"type":"n","id":"5"},{"type":"n","id":"6"}]');
  await end(socket);
});

Deno.test("an event that is published while another one is sent reaches each spoke once", async () => {
  const parts = open({
    onError: (_error, { stage }) => {
      if (stage === "encode") parts.publish("faults", "1");
    },
  });
  const { publish, add, end } = parts;
  const roomy = add(["n:1", "n", "*"], { batch: true }).socket;
  const narrow = add(["n:1"], { batch: true, maxFrameBytes: 70_000 }).socket;
  publish("n", "1", "x".repeat(70_000));
  await microtasks();
  assertEquals(eventsOf(roomy), ["n:1", "faults:1"]);
  assertEquals(eventsOf(narrow), []);
  await end(roomy, narrow);
});

Deno.test("onBackpressure is called once for a spoke, whatever is published in it", () =>
  withClock(async () => {
    let calls = 0;
    const parts = open({
      maxBufferedBytes: 10_000,
      onBackpressure: () => {
        // A hub that notifies the others; the slow spoke is subscribed as well.
        if (++calls < 10) { for (const id of ["1", "2", "3"]) parts.publish("slow", id); }
      },
    });
    const { publish, add, end, counts, stages } = parts;
    const slow = add(["*"]).socket;
    const other = add(["slow"]).socket;
    await microtasks();
    publish("n", "1", "x".repeat(10_000));
    await microtasks();
    assertEquals([calls, stages().filter((stage) => stage === "backpressure").length], [1, 1]);
    assertEquals(eventsOf(other).toSorted(), ["slow:1", "slow:2", "slow:3"]);
    assertEquals([slow.closes, counts()], [[{ code: 1013, reason: "reads too slowly" }], [1, 1, 1]]);
    slow.fire("close");
    await end(other);
  }));

Deno.test("onBackpressure is called once, even if it sends to the slow spoke itself", async () => {
  let calls = 0;
  const { publish, add, end, stages } = open({
    maxBufferedBytes: 10_000,
    onBackpressure: (spoke) => {
      if (++calls < 10) {
        for (const id of ["1", "2", "3"]) spoke.publish({ type: "slow", id, payload: null });
      }
    },
  });
  const { socket } = add(["n"]);
  await microtasks();
  publish("n", "1", "x".repeat(10_000));
  await microtasks();
  assertEquals([calls, eventsOf(socket), stages()], [1, [], ["backpressure"]]);
  socket.fire("close");
  await end();
});

Deno.test("a spoke over maxBufferedBytes that asks for an answer is slow", async () => {
  const { add, end, log, counts } = open({ maxBufferedBytes: 10_000 });
  const { socket } = add();
  for (const ref of ["flush", ""]) {
    socket.bufferedAmount = 9_960;
    socket.receive("__ping", ref);
    await microtasks();
    assertEquals([log, socket.envelopes.at(-1)], [["connection"], { type: "__pong", id: ref }]);
  }
  socket.bufferedAmount = 10_001;
  socket.receive("__ping", "");
  socket.receive("__ping", "");
  await microtasks();
  assertEquals([log, counts()], [["connection", "backpressure", "disconnection"], [0, 1, 0]]);
  socket.fire("close");
  await end();
});

Deno.test("onBackpressure is not called for a spoke that has ended", async () => {
  const parts = open({
    maxBufferedBytes: 100,
    onError: () => void parts.hub.removeConnection(socket),
  });
  const { add, publish, log, end } = parts;
  const { socket } = add(["n"]);
  socket.bufferedAmount = 1000;
  publish("n", "1");
  await microtasks();
  assertEquals([log, socket.closes], [["connection", "disconnection"], []]);
  await end();
});

Deno.test("controls over the threshold in one turn do not make a drained spoke slow", () =>
  withClock(async ({ pass }) => {
    const { publish, add, end, log } = open({ backpressureThreshold: 1000 });
    const { socket } = add(["n"]);
    await microtasks();
    publish("n", "1");
    socket.bufferedAmount = 5000;
    await microtasks();
    await pass(1);
    // Everything was read. In a later turn the spoke asks a lot, and the answers fill its buffer again.
    socket.bufferedAmount = 0;
    socket.receive("__ping", "x".repeat(2000));
    await microtasks();
    socket.bufferedAmount = 2000;
    publish("n", "2");
    await microtasks();
    assertEquals([log, eventsOf(socket)], [["connection"], ["n:1", "n:2"]]);
    await end(socket);
  }));

Deno.test("a spoke that never said hello is never pinged, not even by its own flush", () =>
  withClock(async ({ pass }) => {
    const { hub, add, end, publish } = open({ flushTimeoutMs: 1000 });
    const { socket, spoke } = add(["n"]);
    publish("n", "1");
    await hub.flush();
    const flush = spoke.flush().catch(() => {});
    await pass(1000);
    await flush;
    assertEquals(socket.envelopes.filter(({ type }) => type === "__ping"), []);
    await end(socket);
  }));

Deno.test("flush of a hub rejects for an aborted signal, with or without spokes", async () => {
  const { hub, end } = open();
  await assertRejects(
    () => hub.flush({ signal: AbortSignal.abort(new RangeError("mine")) }),
    RangeError,
    "mine",
  );
  await end();
});

Deno.test("flush of a hub resolves when the last spoke without an answer goes, and rejects if one stays silent", () =>
  withClock(async ({ pass }) => {
    const { hub, add, end } = open({ flushTimeoutMs: 1000 });
    const first = add(undefined, {}).socket;
    const second = add(undefined, {}).socket;
    const bare = add().socket;
    const flushed = hub.flush();
    await microtasks();
    first.receive("__pong", "1");
    second.fire("close", { code: 1006 });
    await flushed;
    const silent = assertRejects(() => hub.flush(), DOMException, "1000 ms");
    await pass(1000);
    await silent;
    await end(first, bare);
  }));

Deno.test("a spoke that is removed in onConnection is forgotten, and reported once", async () => {
  const parts = open({
    onConnection: (_spoke, socket) => {
      parts.log.push("connection");
      parts.hub.removeConnection(socket);
    },
  });
  const { add, end, log, counts } = parts;
  const { socket, spoke } = add(["n"]);
  assertEquals([log, counts(), spoke.status.state], [["connection", "disconnection"], [0, 0, 0], "closed"]);
  assertEquals([socket.closes, socket.sent], [[], []]);
  await end();
});

Deno.test("events sent to a spoke in onConnection leave, even if the spoke is closed there", () =>
  withClock(async () => {
    const { add, end } = open({
      onConnection: (spoke) => {
        spoke.publish({ type: "refused", id: "1", payload: "no token" });
        void spoke.close();
      },
    });
    const socket = new FakeSocket();
    const { send } = socket;
    const late: string[] = [];
    socket.send = (data) => socket.readyState === 1 ? send.call(socket, data) : void late.push(data);
    add(undefined, undefined, socket);
    await microtasks();
    assertEquals([eventsOf(socket), late, socket.closes], [["refused:1"], [], [{ code: 1000, reason: "" }]]);
    socket.fire("close");
    await end();
  }));

Deno.test("a spoke that is removed in onBackpressure keeps its socket", async () => {
  const parts = open({
    maxBufferedBytes: 100,
    onBackpressure: (_spoke, socket) => void parts.hub.removeConnection(socket),
  });
  const { add, publish, log, end, counts } = parts;
  const { socket, spoke } = add(["n"]);
  socket.bufferedAmount = 1000;
  publish("n", "1");
  await microtasks();
  assertEquals([log, counts(), socket.closes], [["connection", "disconnection"], [0, 0, 0], []]);
  assertEquals([spoke.status.state, await spoke.closed], ["closed", undefined]);
  await end();
});

Deno.test("a socket that is added again in onDisconnection is a new spoke", async () => {
  let again: SpokeEventTarget | undefined;
  const parts = open({
    onDisconnection: (_spoke, socket) => {
      parts.log.push("disconnection");
      again ??= parts.hub.addConnection(socket);
    },
  });
  const { hub, add, publish, end, counts } = parts;
  const { socket, spoke } = add(["n"]);
  hub.removeConnection(socket);
  assertEquals([spoke.status.state, again?.status.state, counts()], ["closed", "open", [1, 0, 0]]);
  socket.receive("__subscribe", "1", { topics: ["n"] });
  publish("n", "1");
  await microtasks();
  assertEquals(eventsOf(socket), ["n:1"]);
  await end(socket);
});

Deno.test("the end of a removed spoke's wire does not affect a later spoke of the same socket", async () => {
  const parts = open({
    onDisconnection: (_spoke, socket) => {
      if (parts.log.push("disconnection") > 2) return;
      parts.hub.addConnection(socket);
      socket.receive("__bye", "");
    },
  });
  const { hub, add, end, counts, log } = parts;
  const { socket } = add();
  hub.removeConnection(socket);
  assertEquals([log, counts()], [["connection", "disconnection", "connection", "disconnection"], [0, 1, 0]]);
  socket.fire("close");
  assertEquals(counts(), [0, 0, 0]);
  await end();
});

Deno.test("a listener that removes the spoke inside its frame receives nothing more of the frame", async () => {
  const { hub, add, end } = open();
  const heard: string[] = [];
  const { socket, spoke } = add();
  hub.listen("up", undefined, {
    onEvent: ({ id }) => {
      heard.push(id);
      hub.removeConnection(socket);
    },
  });
  spoke.listen("up", undefined, { onEvent: ({ id }) => void heard.push(`spoke ${id}`) });
  socket.fire("message", { data: '[{"type":"up","id":"1"},{"type":"up","id":"2"},5]' });
  assertEquals(heard, ["1"]);
  await end();
});

Deno.test("a listener that closes the hub inside a frame receives nothing more of the frame", () =>
  withClock(async () => {
    const { hub, add, log } = open();
    let heard = 0;
    const { socket } = add();
    let closing: Promise<void> | undefined;
    hub.listen("*", undefined, {
      onEvent: () => {
        heard++;
        closing = hub.close();
      },
    });
    socket.fire("message", { data: '[{"type":"up","id":"1"},{"type":"up","id":"2"}]' });
    assertEquals([heard, socket.closes], [1, [{ code: 1001, reason: "the hub is closed" }]]);
    socket.fire("close", { code: 1001 });
    await closing;
    assertEquals(log, ["connection", "disconnection"]);
  }));

Deno.test("an event that is published to a spoke in its onDisconnection is reported", async () => {
  const parts = open({
    onDisconnection: (spoke) => spoke.publish({ type: "too", id: "late", payload: null }),
  });
  const { add, end, reports } = parts;
  const { socket } = add();
  socket.fire("close", { code: 1006 });
  await microtasks();
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["publish", "too:late"]]);
  await end();
});

Deno.test("a closing spoke is sent nothing more, and is not slow for that", () =>
  withClock(async ({ pass }) => {
    const { add, publish, log, end, stages } = open({ backpressureThreshold: 1000 });
    const socket = new FakeSocket();
    const sentLate: string[] = [];
    const { send } = socket;
    // As npm:ws does: what is sent while it closes is counted, and never leaves.
    socket.send = (data) => {
      if (socket.readyState === 1) return send.call(socket, data);
      sentLate.push(data);
      socket.bufferedAmount += data.length;
    };
    const { spoke } = add(["n"], undefined, socket);
    await microtasks();
    const closing = spoke.close();
    for (let i = 0; i < 5; i++) {
      publish("n", String(i), "x".repeat(500));
      await microtasks();
      await pass(1);
    }
    assertEquals([sentLate.length, log, stages()], [0, ["connection"], []]);
    socket.fire("close", { code: 1000 });
    await closing;
    await end();
  }));

Deno.test("the same socket twice is one spoke, even if it was turned away", async () => {
  const { hub, reports, counts, end } = open({ maxConnections: 0 });
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  const listeners = socket.listenerCount;
  assertEquals(hub.addConnection(socket) === spoke, true, "another spoke for the same socket");
  assertEquals([reports.length, counts(), socket.listenerCount], [1, [0, 1, 0], listeners]);
  socket.fire("close");
  assertEquals(counts(), [0, 0, 0]);
  await end();
});

Deno.test("a value that is not a socket cannot be added, and does not count", async () => {
  const { hub, counts, end } = open();
  // The type does not allow it; at run time anybody can.
  for (const value of [null, undefined, 5, "ws", {}, { readyState: 1 }] as unknown as FakeSocket[]) {
    assertThrows(() => hub.addConnection(value), TypeError);
  }
  assertEquals(counts(), [0, 0, 0]);
  await end();
});

Deno.test("a socket that opens twice is reported once", async () => {
  const { add, log, end } = open();
  const socket = new FakeSocket();
  socket.readyState = 0;
  add(undefined, undefined, socket);
  socket.fire("open");
  socket.fire("open");
  assertEquals(log, ["connection"]);
  await end(socket);
});

Deno.test("sockets that are still closing count, whatever ended their spokes", () =>
  withClock(async ({ pass }) => {
    const { hub, add, counts, end } = open({ maxConnections: 3 });
    // One says goodbye and does not answer the close, one is closed here and does not answer, one breaks.
    const bye = add().socket;
    bye.receive("__bye", "");
    const closed = add();
    const closing = closed.spoke.close();
    const broken = add(["n"]).socket;
    broken.sendFault = new Error("broken");
    await pass(1500);
    await closing;
    assertEquals(counts(), [0, 3, 0]);
    const extra = new FakeSocket();
    assertEquals(hub.addConnection(extra).status.state, "closed");
    for (const socket of [bye, closed.socket, broken, extra]) socket.fire("close");
    assertEquals(counts(), [0, 0, 0]);
    await end();
  }));

Deno.test("a socket whose spoke has just ended counts as closing in onDisconnection", async () => {
  let whenTold: number[] = [];
  const parts = open({ onDisconnection: () => void (whenTold = parts.counts()) });
  const { add, end } = parts;
  const { socket } = add();
  socket.receive("__bye", "");
  assertEquals(whenTold, [0, 1, 0]);
  socket.fire("close");
  await end();
});

Deno.test("maxTopicsPerConnection topics are allowed, and the same topic twice counts once", async () => {
  const { add, counts, end, reports } = open({ maxTopicsPerConnection: 3 });
  const { socket } = add(["a", "b", "c", "a", "b", "c"]);
  assertEquals(counts(), [1, 0, 3]);
  // Room for one that is refused needs room for one.
  socket.receive("__unsubscribe", "2", { topics: ["a"] });
  socket.receive("__subscribe", "3", { topics: [""] });
  assertEquals(counts(), [1, 0, 2]);
  socket.receive("__subscribe", "4", { topics: ["", "d"] });
  assertEquals([counts(), socket.closes], [[0, 1, 0], [{ code: 1008, reason: "more than 3 topics" }]]);
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["subscribe", ""], ["subscribe", "d"]]);
  socket.fire("close");
  await end();
});

Deno.test("a hub that closes sends what waits, and ends its spokes and their listeners without an error", () =>
  withClock(async () => {
    const { hub, add, publish, log, counts } = open();
    const { socket, spoke } = add(["n"]);
    const ends: unknown[] = [];
    for (const target of [hub, spoke]) {
      target.listen("*", undefined, { onEvent() {}, onEnd: (error) => void ends.push(error) });
    }
    publish("n", "1");
    const closing = hub.close();
    assertEquals(eventsOf(socket), ["n:1"]);
    const late = new FakeSocket();
    assertEquals(hub.addConnection(late).status.state, "closed");
    late.fire("close");
    socket.fire("close", { code: 1001 });
    await closing;
    assertEquals([ends, log, counts(), spoke.status.state], [
      [undefined, undefined],
      ["connection", "disconnection"],
      [0, 0, 0],
      "closed",
    ]);
  }));

Deno.test("a hub whose spokes never answer its close has closed after a second and a half", () =>
  withClock(async ({ pass }) => {
    const { hub, add, log, counts } = open();
    const connecting = new FakeSocket();
    connecting.readyState = 0;
    const { spoke } = add(undefined, undefined, connecting);
    spoke.publish({ type: "n", id: "1", payload: null });
    const { socket } = add(["n"]);
    const closing = hub.close();
    await pass(1500);
    await closing;
    assertEquals([log, counts()[0], hub.status], [["connection", "disconnection"], 0, { state: "closed" }]);
    assertEquals([socket.closes.length, connecting.closes.length], [1, 1], "a socket is left connecting");
    for (const each of [socket, connecting]) each.fire("close");
    assertEquals(counts(), [0, 0, 0]);
  }));

Deno.test("an envelope that cannot be encoded is dropped once for all spokes, and its neighbours are sent", async () => {
  const { hub, add, publish, end, reports } = open();
  const sockets = [add(["n"]).socket, add(["*"]).socket];
  publish("n", "1");
  publish("n", "2", 5n);
  publish("n", "3");
  await microtasks();
  assertEquals(sockets.map(eventsOf), [["n:1", "n:3"], ["n:1", "n:3"]]);
  assertEquals(reports.map(({ stage, topic, target }) => [stage, topic, target]), [["encode", "n:2", hub]]);
  await end(...sockets);
});

Deno.test("a frame over the bound ends its spoke, and nothing after it is received", async () => {
  const { hub, add, end, counts, reports } = open({ maxFrameBytes: 65_536 });
  let heard = 0;
  hub.listen("*", undefined, { onEvent: () => void heard++ });
  const { socket, spoke } = add(["n"]);
  socket.receive("up", "x".repeat(65_536));
  socket.receive("up", "late");
  assertEquals([heard, counts()], [0, [0, 1, 0]]);
  assertEquals(socket.closes, [{ code: 1009, reason: "a frame of more than 65536 bytes" }]);
  assertInstanceOf(await spoke.closed, ConnectionLostError);
  assertEquals(reports.map(({ stage, target }) => [stage, target]), [["decode", spoke]]);
  socket.fire("close");
  await end();
});

Deno.test("a binary frame over the bound ends its spoke as a text frame does", async () => {
  const { add, end } = open({ maxFrameBytes: 65_536 });
  const { socket } = add();
  socket.fire("message", { data: new ArrayBuffer(65_537) });
  assertEquals(socket.closes.map(({ code }) => code), [1009]);
  socket.fire("close");
  await end(socket);
});

Deno.test("nothing that a spoke sends makes the default printer print long lines", async () => {
  using printed = capturePrinted();
  const hub = createWebSocketServerEventTarget();
  const socket = new FakeSocket();
  hub.addConnection(socket);
  socket.receive("__subscribe", "1", { topics: ["x".repeat(100_000)] });
  socket.receive("a:".repeat(50_000), "");
  socket.receive("_x", "y".repeat(100_000), "z".repeat(100_000));
  assertEquals(printed.lines.length, 3);
  assert(printed.lines.every(({ length }) => length < 1000), `${printed.lines.map(({ length }) => length)}`);
  hub.removeConnection(socket);
  await hub.close();
});

Deno.test("an undefined bound is the same as a missing one", async () => {
  // A program without exactOptionalPropertyTypes passes them on like this.
  const options = JSON.parse("{}", () => ({
    maxFrameBytes: undefined,
    maxBufferedBytes: undefined,
    flushTimeoutMs: undefined,
    heartbeatMs: undefined,
    backpressureThreshold: undefined,
    maxTopicsPerConnection: undefined,
    maxConnections: undefined,
  })) as HubOptions<FakeSocket>;
  const { add, end, counts } = open(options);
  const socket = new FakeSocket();
  socket.bufferedAmount = 16 * 1024 * 1024;
  add(["n"], undefined, socket);
  await microtasks();
  assertEquals(counts(), [0, 1, 0]);
  socket.fire("close");
  const oversized = add().socket;
  oversized.fire("message", { data: "x".repeat(1024 * 1024 + 1) });
  assertEquals(oversized.closes.map(({ code }) => code), [1009]);
  oversized.fire("close");
  await end();
});

Deno.test("an invalid bound throws a RangeError", () => {
  for (
    const name of [
      "maxFrameBytes",
      "maxBufferedBytes",
      "backpressureThreshold",
      "maxTopicsPerConnection",
      "maxConnections",
    ]
  ) {
    for (const value of [NaN, -1]) {
      const message = `${name}: ${value} is accepted`;
      const error = assertThrows(() => open({ [name]: value }), message);
      assert(error instanceof TypeError || error instanceof RangeError, message);
    }
  }
});

Deno.test("a published event reaches no socket that is not open yet", async () => {
  const { add, publish, end } = open();
  const socket = new FakeSocket();
  socket.readyState = 0;
  add(undefined, undefined, socket);
  publish("n", "1");
  socket.fire("open");
  await microtasks();
  assertEquals(socket.sent, []);
  await end(socket);
});

Deno.test("an event without subscribers is not encoded", async () => {
  const { publish, reports, end } = open();
  publish("n", "1", 5n);
  assertEquals(reports, []);
  await end();
});
