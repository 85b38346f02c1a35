import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { expectTypeOf } from "expect-type";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Connection, RecvStream } from "@number0/iroh";
import {
  ConnectionLostError,
  createPubSub,
  type EventTargetStatus,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import {
  createHubIrohEventTarget,
  createSpokeIrohEventTarget,
  type HubIrohEventTarget,
  type IrohConnection,
  type IrohSpokeEventTarget,
} from "@alkdev/pubsub/event-target-iroh";
import { byteFrame } from "../../../adapters/_iroh/byte_frames.ts";
import { blockFor } from "../../support/block_for.ts";
import { eventually } from "../../support/eventually.ts";
import {
  ALPN,
  bindLocal,
  bytesOf,
  connectIroh,
  methodsOf,
  openIrohLink,
  serveIrohHub,
} from "../../support/iroh.ts";

const MIB = 1024 * 1024;

/** Reads the next frame. */
async function readFrame(recv: RecvStream): Promise<Uint8Array> {
  const [a = 0, b = 0, c = 0, d = 0] = await recv.readExact(4);
  return Uint8Array.from(await recv.readExact(((a * 256 + b) * 256 + c) * 256 + d));
}

/** Counts the events of a type that a target receives. */
function payloadsOf(target: PubSubEventTarget, type: string): unknown[] {
  const payloads: unknown[] = [];
  target.listen(type, undefined, { onEvent: ({ payload }) => void payloads.push(payload) });
  return payloads;
}

const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

Deno.test("a connection of @number0/iroh has the right type, and spokes know their endpoint id", () => {
  expectTypeOf<Connection>().toExtend<IrohConnection>();
  const hub = createHubIrohEventTarget<CustomEvent, Connection>();
  expectTypeOf(hub).toEqualTypeOf<HubIrohEventTarget<CustomEvent, Connection>>();
  expectTypeOf(hub.addConnection).returns.toExtend<IrohSpokeEventTarget>();
  expectTypeOf(hub.addConnection).parameter(0).toEqualTypeOf<Connection>();
  expectTypeOf<IrohSpokeEventTarget["endpointId"]>().toEqualTypeOf<string>();
  createHubIrohEventTarget(undefined, {
    onConnection: (spoke) => expectTypeOf(spoke.endpointId).toEqualTypeOf<string>(),
  });
});

Deno.test("a value that is not a connection is a TypeError, and a bound that is out of range a RangeError", async () => {
  // A connection of 0.35 differs: it names its peer in another way, and reads into buffers.
  const old = {
    remoteNodeId() {},
    openBi() {},
    acceptBi() {},
    acceptUni() {},
    closed() {},
    closeReason() {},
    close() {},
  };
  for (const none of [null, {}, new EventTarget(), old]) {
    assertThrows(
      () => createSpokeIrohEventTarget(none as unknown as IrohConnection),
      TypeError,
      "connection",
    );
    assertThrows(() => createHubIrohEventTarget(none as unknown as IrohConnection), TypeError, "connection");
  }
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  for (const options of [{ connectTimeoutMs: 0 }, { maxFrameBytes: 1 }, { heartbeatMs: NaN }]) {
    assertThrows(() => createSpokeIrohEventTarget(client.connection, options), RangeError);
  }
  for (const options of [{ openTimeoutMs: 0 }, { maxFrameBytes: 1 }, { heartbeatMs: NaN }]) {
    assertThrows(() => createHubIrohEventTarget(undefined, options), RangeError);
  }
});

Deno.test("hub sends each spoke what it is subscribed to, and identifies each spoke by its endpoint id", async () => {
  await using served = await serveIrohHub();
  await using first = await openIrohLink(served.endpoint);
  await using second = await openIrohLink(served.endpoint);
  const [ofFirst, ofSecond] = [payloadsOf(first.link, "news"), payloadsOf(second.link, "other")];
  const heard = payloadsOf(served.hub, "from");
  await Promise.all([first.link.flush(), second.link.flush()]);
  for (const n of [1, 2]) served.hub.publish({ type: n === 1 ? "news" : "other", id: "1", payload: n });
  await served.hub.flush();
  assertEquals([ofFirst, ofSecond], [[1], [2]]);

  const ids = [first, second].map(({ endpoint }) => endpoint.id().toString());
  assertEquals(served.spokes.map(({ endpointId }) => endpointId).sort(), ids.sort());
  const spoke = served.spokes.find(({ endpointId }) => endpointId === first.endpoint.id().toString());
  const ofSpoke = spoke === undefined ? [] : payloadsOf(spoke, "from");
  for (const { link } of [first, second]) {
    link.publish({ type: "from", id: "1", payload: link === first.link });
    await link.flush();
  }
  assertEquals([heard, ofSpoke], [[true, false], [true]]);
  spoke?.publish({ type: "news", id: "1", payload: "yours" });
  await spoke?.flush();
  assertEquals([ofFirst, ofSecond], [[1, "yours"], [2]]);
  assertEquals([served.faults, served.log], [[], ["connection", "connection"]]);
});

Deno.test("the first connection can be given to createHubIrohEventTarget, and the same one twice gives the same spoke", async () => {
  await using endpoint = Object.assign(await bindLocal(true), {
    async [Symbol.asyncDispose]() {
      await endpoint.close();
    },
  });
  const accepted = endpoint.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
  await using client = await connectIroh(endpoint);
  const connection = await accepted;
  assert(connection !== undefined);
  const hub = createHubIrohEventTarget(connection);
  assertEquals(hub.connectionCount, 1);
  const spoke = hub.addConnection(connection);
  assertStrictEquals(hub.addConnection(connection), spoke);
  const link = createSpokeIrohEventTarget(client.connection);
  await link.flush();
  assertEquals([hub.connectionCount, spoke.status.state], [1, "open"]);
  await hub.close();
  assertInstanceOf(await link.closed, ConnectionLostError);
});

for (const deflate of [true, false]) {
  Deno.test(`events keep their order over many turns, frames and writes, in both directions at once, ${deflate ? "deflated" : "as they are"}`, async () => {
    await using served = await serveIrohHub();
    await using open = await openIrohLink(served.endpoint, { deflate });
    const [atLink, atHub] = [payloadsOf(open.link, "down"), payloadsOf(served.hub, "up")];
    await open.link.flush();
    for (let n = 0; n < 6000; n++) {
      served.hub.publish({ type: "down", id: String(n % 7), payload: n });
      open.link.publish({ type: "up", id: String(n % 5), payload: n });
      if (n % 10 === 0) await Promise.resolve();
      if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    await Promise.all([open.link.flush(), served.hub.flush()]);
    assertEquals(atLink, counted(6000));
    assertEquals(atHub, counted(6000));
  });
}

Deno.test("events published before the stream is open wait, and leave behind the hello", async () => {
  await using served = await serveIrohHub();
  const heard = payloadsOf(served.hub, "early");
  await using client = await connectIroh(served.endpoint);
  const link = createSpokeIrohEventTarget(client.connection);
  assertEquals(link.status.state, "connecting");
  link.publish({ type: "early", id: "1", payload: 1 });
  const subscription = createPubSub<{ news: number }>({ eventTarget: link }).subscribe("news");
  await subscription.ready;
  assertEquals([link.status.state, heard], ["open", [1]]);
  assertEquals([...served.spokes[0]?.topics ?? []], ["news"]);
  await link.close();
});

for (const side of ["hub", "link", "spoke"] as const) {
  Deno.test(`close() of the ${side} sends the queue first, in several writes`, async () => {
    await using served = await serveIrohHub();
    await using open = await openIrohLink(served.endpoint);
    const received = {
      hub: payloadsOf(open.link, "n"),
      spoke: [] as unknown[],
      link: payloadsOf(served.hub, "n"),
    };
    received.spoke = received.hub;
    await open.link.flush();
    const target = { hub: served.hub, link: open.link, spoke: served.spokes[0] }[side];
    const text = "x".repeat(10_000);
    for (let n = 0; n < 20; n++) target?.publish({ type: "n", id: "1", payload: { n, text } });
    await target?.close();
    await eventually(() => assertEquals(received[side].length, 20));
    assertEquals(received[side], counted(20).map((n) => ({ n, text })));
    const error = side === "link" ? undefined : await open.link.closed;
    const ends = { hub: [1001, "the hub is closed"], spoke: [1000, ""], link: [undefined, undefined] };
    assertEquals(
      [error, error].map((end, i) => end instanceof ConnectionLostError ? [end.code, end.reason][i] : end),
      ends[side],
    );
    await eventually(() => assertEquals([served.hub.connectionCount, served.hub.closingCount], [0, 0]));
    assertEquals([served.faults, open.faults], [[], []]);
    assertEquals(served.log, ["connection", "disconnection"]);
  });
}

Deno.test("an end from the far side is reported with code and reason, after everything that had arrived", async () => {
  const ends: [
    name: string,
    end: (connection: Connection) => unknown,
    code: number | undefined,
    reason: string,
  ][] = [
    ["with a reason", (connection) => connection.close(7n, bytesOf("bye (code 9)")), 7, "bye (code 9)"],
    ["without one", (connection) => connection.close(4000n, []), 4000, ""],
    ["of several lines", (connection) => connection.close(0n, bytesOf("a\nb")), 0, "a\nb"],
  ];
  for (const [name, end, code, reason] of ends) {
    await using served = await serveIrohHub();
    await using open = await openIrohLink(served.endpoint);
    const pubsub = createPubSub<{ news: number }>({ eventTarget: open.link });
    const subscription = pubsub.subscribe("news");
    await subscription.ready;
    served.hub.publish({ type: "news", id: "1", payload: 1 });
    await served.hub.flush();
    const [connection] = served.connections;
    if (connection !== undefined) end(connection);
    assertEquals((await subscription.next()).value?.payload, 1);
    const error = await assertRejects(() => subscription.next(), ConnectionLostError);
    assertEquals([error.code, error.reason], [code, reason], name);
    const { state, ...status } = open.link.status;
    assertEquals([state, status.code, status.reason], ["closed", code, reason]);
    // The hub's own program has closed it: no fault, and the spoke is gone.
    await eventually(() => assertEquals(served.hub.connectionCount, 0));
    assertEquals(served.log, ["connection", "disconnection"]);
    const lost = await served.spokes[0]?.closed;
    assertInstanceOf(lost, ConnectionLostError);
    assertEquals([lost.code, lost.reason], [undefined, "the connection was closed on this side"]);
    assertEquals([open.faults, served.faults], [[], []]);
  }
});

Deno.test("closing an endpoint ends all its connections, with code 0", async () => {
  await using served = await serveIrohHub();
  await using open = await openIrohLink(served.endpoint);
  await open.link.flush();
  await open.endpoint.close();
  const lost = await served.spokes[0]?.closed;
  assertInstanceOf(lost, ConnectionLostError);
  assertEquals([lost.code, lost.reason], [0, ""]);
  assertInstanceOf(await open.link.closed, ConnectionLostError);
  await assertRejects(() => open.link.flush(), ConnectionLostError);
});

Deno.test("a link over a connection that has ended, and a hub's spoke, end at once", async () => {
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  await eventually(() => served.connections.length === 1);
  const [accepted] = served.connections;
  client.connection.close(1n, bytesOf("gone"));
  const link = createSpokeIrohEventTarget(client.connection);
  const subscription = createPubSub<{ news: number }>({ eventTarget: link }).subscribe("news");
  await assertRejects(() => subscription.next(), ConnectionLostError, "on this side");
  await eventually(() => served.hub.connectionCount === 0);
  assert(accepted !== undefined);
  const lost = await served.hub.addConnection(accepted).closed;
  assertInstanceOf(lost, ConnectionLostError);
  assertEquals([lost.code, lost.reason], [1, "gone"]);
  // It was never open, so no callback was called for it.
  assertEquals([served.log, served.hub.connectionCount], [[], 0]);
});

Deno.test("removeConnection ends the stream and leaves the connection, which can be added again", async () => {
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  const { send, recv } = await client.connection.openBi();
  await send.writeAll([0, 0, 0, 2, 0x5b, 0x5d]);
  await eventually(() => served.log.length === 1);
  const [connection] = served.connections;
  assert(connection !== undefined);
  served.spokes[0]?.publish({ type: "news", id: "1", payload: "last" });
  await Promise.resolve();
  assertEquals([served.hub.removeConnection(connection), served.hub.removeConnection(connection)], [
    true,
    false,
  ]);
  assertEquals(served.log, ["connection", "disconnection"]);
  // Sent events are read, then the stream ends.
  let text = "";
  for (let bytes; (bytes = await recv.read(1000)).length > 0;) {
    text += new TextDecoder().decode(Uint8Array.from(bytes));
  }
  assertEquals(JSON.parse(text.slice(4)).payload, "last");
  await assertRejects(async () => {
    for (;;) await send.writeAll([1]);
  }, "Stopped");
  assertEquals([client.connection.closeReason(), connection.closeReason()], [null, null]);

  const spoke = served.hub.addConnection(connection);
  const link = createSpokeIrohEventTarget(client.connection);
  await link.flush();
  assertEquals([spoke.status.state, served.hub.connectionCount], ["open", 1]);
  await link.close();
});

Deno.test("malformed data that arrives when a connection was removed does not end the connection", async () => {
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  const { send } = await client.connection.openBi();
  await send.writeAll([0, 0, 0, 2, 0x5b, 0x5d]);
  await eventually(() => served.log.length === 1);
  const [connection] = served.connections;
  assert(connection !== undefined);
  const sent = send.writeAll([0xff, 0xff, 0xff, 0xff]);
  // The hub has read it when the connection is removed, and continues only then.
  blockFor(100);
  served.hub.removeConnection(connection);
  await sent;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals([client.connection.closeReason(), connection.closeReason()], [null, null]);
  assertEquals(served.faults, []);
});

Deno.test("a connection that is removed before its stream opens keeps the stream for the next spoke", async () => {
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  await eventually(() => served.connections.length === 1);
  const [connection] = served.connections;
  assert(connection !== undefined);
  assertEquals(served.hub.removeConnection(connection), true);
  const spoke = served.hub.addConnection(connection);
  const link = createSpokeIrohEventTarget(client.connection);
  await link.flush();
  assertEquals([spoke.status.state, served.log], ["open", ["connection"]]);
  await link.close();
});

Deno.test("a connection that is removed while its stream opens leaves the stream to the next spoke, or ends it", async () => {
  await using stack = new AsyncDisposableStack();
  const [accepting, opening] = await Promise.all([bindLocal(true), bindLocal(false)]);
  for (const endpoint of [accepting, opening]) stack.defer(() => endpoint.close());
  // So many microtasks after the stream is here the connection is removed, and added again.
  for (const microtasks of counted(8)) {
    const accepted = accepting.acceptNext().then((incoming) => incoming?.accept()).then((it) =>
      it?.connect()
    );
    const { send, recv } = await (await opening.connect(accepting.addr(), ALPN)).openBi();
    await send.writeAll([0, 0, 0, 2, 0x5b, 0x5d]);
    const connection = await accepted;
    assert(connection !== undefined);
    const stream = await connection.acceptBi();
    const methods = methodsOf(connection);
    let streams = 0;
    methods.acceptBi = () => streams++ === 0 ? Promise.resolve(stream) : connection.acceptBi();
    const hub = createHubIrohEventTarget(methods, { onError() {} });
    for (let i = 0; i < microtasks; i++) await null;
    hub.removeConnection(methods);
    hub.addConnection(methods).publish({ type: "news", id: "1", payload: null });
    let told = false;
    recv.read(1).then(() => told = true, () => {});
    await eventually(() => assert(told, `nobody has the stream after ${microtasks} microtasks`));
    connection.close(0n, []);
    await eventually(() => hub.connectionCount === 0);
  }
});

Deno.test("a peer that never says hello is a bare client: it gets plain single envelopes and no pings, and is not dropped", async () => {
  await using served = await serveIrohHub({ heartbeatMs: 20 });
  await using client = await connectIroh(served.endpoint);
  const { send, recv } = await client.connection.openBi();
  const subscribe = bytesOf('{"type":"__subscribe","id":"1","payload":{"topics":["news"]}}');
  await send.writeAll([0, 0, 0, subscribe.length, ...subscribe]);
  await eventually(() => served.hub.topicCount === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const payloads = [counted(100), 2];
  for (const payload of payloads) served.hub.publish({ type: "news", id: "1", payload });
  const frames: unknown[] = [];
  while (frames.length < 3) {
    frames.push(JSON.parse(new TextDecoder().decode(await readFrame(recv))));
  }
  assertEquals(frames, [
    { type: "__subscribed", id: "1", payload: { topics: ["news"], refused: [] } },
    ...payloads.map((payload) => ({ type: "news", id: "1", payload })),
  ]);
  assertEquals(client.connection.closeReason(), null);
  // Used to the end: what is garbage-collected of a stream is given up.
  await send.finish();
});

for (const agrees of [true, false]) {
  Deno.test(`a hub ${agrees ? "deflates" : "does not deflate"} frames for a spoke where ${agrees ? "both say so" : "one does not"}`, async () => {
    for (const deflate of agrees ? [true] : [true, false]) {
      await using served = await serveIrohHub({ deflate });
      await using client = await connectIroh(served.endpoint);
      const { send, recv } = await client.connection.openBi();
      const hello = {
        type: "__hello",
        id: "",
        payload: { version: 1, batch: true, deflate: agrees || !deflate },
      };
      const subscribe = { type: "__subscribe", id: "1", payload: { topics: ["news"] } };
      await send.writeAll([...byteFrame(new TextEncoder().encode(JSON.stringify([hello, subscribe])))]);
      const [said, answer] = JSON.parse(new TextDecoder().decode(await readFrame(recv)));
      assertEquals([said.payload.deflate, answer.type], [deflate ? true : undefined, "__subscribed"]);
      for (const payload of counted(100)) served.hub.publish({ type: "news", id: "1", payload });
      const body = await readFrame(recv);
      const json = agrees ? inflateRawSync(body.subarray(1)) : body;
      assertEquals([body[0], JSON.parse(new TextDecoder().decode(json)).length], [agrees ? 0 : 0x5b, 100]);

      // It accepts deflated frames, whatever it said.
      const heard = payloadsOf(served.hub, "up");
      const up = counted(100).map((payload) => ({ type: "up", id: "1", payload }));
      await send.writeAll([...byteFrame(Uint8Array.of(0, ...deflateRawSync(JSON.stringify(up))))]);
      await eventually(() => assertEquals(heard, counted(100)));

      // Another hello replaces what the first one said.
      const again = { ...hello, payload: { version: 1, batch: true } };
      await send.writeAll([...byteFrame(new TextEncoder().encode(JSON.stringify(again)))]);
      await readFrame(recv);
      for (const payload of counted(100)) served.hub.publish({ type: "news", id: "1", payload });
      assertEquals((await readFrame(recv))[0], 0x5b);
      assertEquals(served.faults, []);
      await send.finish();
    }
  });
}

Deno.test("a spoke says that it accepts deflated frames, and deflates for a hub that does, unless it is off", async () => {
  const endpoint = await bindLocal(true);
  for (const deflate of [true, false]) {
    const accepted = endpoint.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
    await using open = await openIrohLink(endpoint, { deflate });
    const { send, recv } = await (await accepted)?.acceptBi() ?? {};
    assert(send !== undefined && recv !== undefined);
    const [hello] = [JSON.parse(new TextDecoder().decode(await readFrame(recv)))].flat();
    assertEquals([hello.type, hello.payload.deflate], ["__hello", deflate ? true : undefined]);
    const events = counted(100).map((payload) => ({ type: "up", id: "1", payload }));
    for (const event of events) open.link.publish(event);
    assertEquals(JSON.parse(new TextDecoder().decode(await readFrame(recv))), events);
    const answer = { type: "__hello", id: "", payload: { version: 1, batch: true, deflate: true } };
    const asked = open.link.flush();
    await readFrame(recv);
    const pong = { type: "__pong", id: "1" };
    await send.writeAll([...byteFrame(new TextEncoder().encode(JSON.stringify([answer, pong])))]);
    await asked;
    for (const event of events) open.link.publish(event);
    const body = await readFrame(recv);
    assertEquals(body[0], deflate ? 0 : 0x5b);
    const json = deflate ? inflateRawSync(body.subarray(1)) : body;
    assertEquals(JSON.parse(new TextDecoder().decode(json)), events);
  }
  await endpoint.close();
});

Deno.test("a connection that never opens its stream is closed after openTimeoutMs, and counts until then", async () => {
  await using served = await serveIrohHub({ openTimeoutMs: 400, maxConnections: 1 });
  await using client = await connectIroh(served.endpoint);
  await eventually(() => served.hub.connectionCount === 1);
  await using second = await connectIroh(served.endpoint);
  assertEquals(await second.connection.closed(), "closed by peer: more than 1 connections (code 1013)");
  assertEquals(await client.connection.closed(), "closed by peer: not open after 400 ms (code 4408)");
  assertEquals([served.hub.connectionCount, served.hub.closingCount], [0, 0]);
  assertEquals(served.faults.map(({ context }) => context.stage), ["connect", "connect"]);
  // Neither was reported; the next connection is accepted.
  assertEquals(served.log, []);
  await using open = await openIrohLink(served.endpoint);
  await open.link.flush();
  assertEquals(served.log, ["connection"]);
  // A stream that has opened in time stays open.
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals([served.hub.connectionCount, open.link.status.state], [1, "open"]);
});

Deno.test("a stream that does not open has failed after connectTimeoutMs, and its connection is closed", async () => {
  await using served = await serveIrohHub();
  await using client = await connectIroh(served.endpoint);
  const { connection } = client;
  // A hub could withhold the credit for streams; this one gives it.
  const withheld: IrohConnection = { ...methodsOf(connection), openBi: () => new Promise(() => {}) };
  const faults: unknown[] = [];
  const link = createSpokeIrohEventTarget(withheld, {
    connectTimeoutMs: 50,
    onError: (error) => void faults.push(error),
  });
  const lost = await link.closed;
  assertInstanceOf(lost, ConnectionLostError);
  assertEquals(faults.map(String), ["TimeoutError: The connection was not open after 50 ms"]);
  assertEquals(await connection.closed(), "closed");
});

Deno.test("a hub that is closed turns connections away", async () => {
  await using served = await serveIrohHub();
  await served.hub.close();
  await using client = await connectIroh(served.endpoint);
  assertEquals(await client.connection.closed(), "closed by peer: the hub is closed (code 1001)");
  await eventually(() => served.hub.closingCount === 0);
});

Deno.test("a link whose hub reads nothing drops events that it cannot buffer, and still closes in time", async () => {
  const endpoint = await bindLocal(true);
  const accepted = endpoint.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
  await using open = await openIrohLink(endpoint, { maxBufferedBytes: 2 * MIB });
  const connection = await accepted;
  const text = "x".repeat(30_000);
  for (let n = 0; n < 300; n++) {
    open.link.publish({ type: "n", id: "1", payload: text });
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const dropped = open.faults.filter(({ context }) => context.stage === "backpressure");
  assert(dropped.length > 50 && dropped.length < 250, `${dropped.length} events were dropped`);
  assertEquals(dropped.at(-1)?.context.dropped, dropped.length);
  const start = performance.now();
  await open.link.close();
  assert(performance.now() - start < 2000, `it took ${performance.now() - start} ms`);
  assertEquals(await connection?.closed(), "closed by peer: 1000");
  assertEquals(open.faults.slice(dropped.length).map(({ context }) => context.stage), ["publish"]);
  assertMatch(String(open.faults.at(-1)?.error), /[1-9]\d{6} bytes had not left/);
  await endpoint.close();
});

for (const closed of ["hub", "spoke"] as const) {
  Deno.test(`close() of the ${closed} is in time although a spoke reads nothing, and lost events are reported`, async () => {
    await using served = await serveIrohHub();
    await using client = await connectIroh(served.endpoint);
    const { send, recv } = await client.connection.openBi();
    await send.writeAll([0, 0, 0, 2, 0x5b, 0x5d]);
    await eventually(() => served.log.length === 1);
    const text = "x".repeat(100_000);
    for (let n = 0; n < 30; n++) served.spokes[0]?.publish({ type: "n", id: "1", payload: text });
    const start = performance.now();
    await (closed === "hub" ? served.hub : served.spokes[0])?.close();
    assert(performance.now() - start < 2000, `it took ${performance.now() - start} ms`);
    assertEquals(served.faults.map(({ context }) => context.stage), ["publish"]);
    assertStrictEquals(served.faults[0]?.context.target, served.spokes[0]);
    assertEquals(
      await client.connection.closed(),
      closed === "hub" ? "closed by peer: the hub is closed (code 1001)" : "closed by peer: 1000",
    );
    // Used to the end: what is garbage-collected of a stream is given up.
    await Promise.allSettled([send.finish(), recv.stop(0n)]);
  });
}

Deno.test("a spoke with a function reconnects, and its subscriptions continue", async () => {
  await using served = await serveIrohHub();
  const { hub, connections } = served;
  const endpoint = await bindLocal(false);
  const statuses: EventTargetStatus[] = [];
  const connected: Connection[] = [];
  const spoke = createSpokeIrohEventTarget(async () => {
    const connection = await endpoint.connect(served.endpoint.addr(), ALPN);
    connected.push(connection);
    return connection;
  }, { reconnectDelayMs: 1, onStatus: (status) => void statuses.push(status), onError() {} });
  const payloads = payloadsOf(spoke, "count");
  await spoke.flush();
  hub.publish({ type: "count", id: "a", payload: 1 });
  await eventually(() => payloads.length === 1);

  connections[0]?.close(1013n, bytesOf("try again"));
  await eventually(() => statuses.some(({ gap }) => gap === true));
  hub.publish({ type: "count", id: "a", payload: 2 });
  spoke.publish({ type: "answer", id: "a", payload: 3 });
  await eventually(() => payloads.length === 2);
  assertEquals([payloads, connected.length], [[1, 2], 2]);
  const lost = statuses.find(({ state }) => state === "reconnecting");
  assertEquals([lost?.code, lost?.reason, lost?.attempt], [1013, "try again", 1]);

  connections[1]?.close(4401n, bytesOf("who are you?"));
  assertInstanceOf(await spoke.closed, ConnectionLostError);
  assertEquals(connected.length, 2);
  await endpoint.close();
});

Deno.test("a spoke closes with a code and a reason, after what was published in the same turn", async () => {
  await using served = await serveIrohHub();
  await using open = await openIrohLink(served.endpoint);
  const news = createPubSub({ eventTarget: open.link }).subscribe("news");
  await news.ready;
  const [spoke] = served.hub.spokes;
  spoke?.publish({ type: "news", id: "1", payload: "the last" });
  await spoke?.close({ code: 4401, reason: "logged out" });
  assertEquals((await news.next()).value?.payload, "the last");
  await open.link.closed;
  assertEquals([open.link.status.code, open.link.status.reason], [4401, "logged out"]);
});
