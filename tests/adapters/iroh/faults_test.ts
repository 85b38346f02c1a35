import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deflateRawSync } from "node:zlib";
import type { Connection, Endpoint, RecvStream, SendStream } from "@number0/iroh";
import { ConnectionLostError, createPubSub, type PubSubEventTarget } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { eventually } from "../../support/eventually.ts";
import type { Fault } from "../../support/conformance/mod.ts";
import {
  acceptAll,
  ALPN,
  bindLocal,
  bytesOf,
  connectIroh,
  type IrohClient,
  openIrohLink,
  type ServedIrohHub,
  serveIrohHub,
} from "../../support/iroh.ts";

const MIB = 1024 * 1024;
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const stagesOf = (faults: readonly Fault[]) => faults.map(({ context }) => context.stage);
/** Without those of events that were on their way when it happened. */
const causesOf = (faults: readonly Fault[]) => stagesOf(faults).filter((stage) => stage !== "publish");
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A frame by hand. */
function frameOf(body: string | readonly number[]): number[] {
  const bytes = typeof body === "string" ? bytesOf(body) : body;
  const { length } = bytes;
  return [length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff, ...bytes];
}

const subscribeToNews = frameOf('{"type":"__subscribe","id":"1","payload":{"topics":["news"]}}');

/** A stream to a hub that is driven by hand. */
async function connectRaw(hub: Endpoint): Promise<IrohClient & { send: SendStream; recv: RecvStream }> {
  const client = await connectIroh(hub);
  const { send, recv } = await client.connection.openBi();
  return { ...client, send, recv };
}

/** A spoke that must receive every event published for it, whatever happens around it. */
async function openGoodSpoke(served: ServedIrohHub) {
  const open = await openIrohLink(served.endpoint);
  const received: number[] = [];
  open.link.listen("news", undefined, {
    // The publisher is this file.
    onEvent: ({ payload }) => void received.push((payload as { n: number }).n),
  });
  await open.link.flush();
  return { ...open, received };
}

/** An attack of a peer on its stream, and the end of the connection. */
interface Attack {
  readonly name: string;
  readonly send: (stream: SendStream, recv: RecvStream, connection: Connection) => Promise<unknown>;
  readonly code: number;
  readonly reason: string;
  readonly stage: string;
}

const ATTACKS: readonly Attack[] = [
  {
    name: "a frame of no bytes",
    send: (stream) => stream.writeAll([0, 0, 0, 0]),
    code: 1002,
    reason: "a frame of no bytes",
    stage: "decode",
  },
  {
    name: "the length of a frame that is too large",
    send: (stream) => stream.writeAll([0, 0x10, 0, 1]),
    code: 1009,
    reason: "a frame of more than 1048576 bytes",
    stage: "decode",
  },
  {
    name: "the largest length there is",
    send: (stream) => stream.writeAll([0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
    code: 1009,
    reason: "a frame of more than 1048576 bytes",
    stage: "decode",
  },
  {
    name: "a frame that is not UTF-8",
    send: (stream) => stream.writeAll(frameOf([0x22, 0xff, 0x22])),
    code: 1007,
    reason: "a frame that is not UTF-8",
    stage: "decode",
  },
  {
    name: "a frame that cannot be inflated",
    send: (stream) => stream.writeAll(frameOf([0, 0xff])),
    code: 1007,
    reason: "a frame that cannot be inflated",
    stage: "decode",
  },
  {
    name: "a frame that inflates to a thousand times its size",
    send: (stream) => stream.writeAll(frameOf([0, ...deflateRawSync(" ".repeat(MIB))])),
    code: 1007,
    reason: "a frame that cannot be inflated",
    stage: "decode",
  },
  {
    name: "a stream that ends inside a frame",
    send: (stream) => stream.writeAll([0, 0, 0, 9, 0x7b]).then(() => stream.finish()),
    code: 1006,
    reason: "a frame that was torn by the end of the stream",
    stage: "decode",
  },
  {
    name: "a stream that ends inside a length",
    send: (stream) => stream.writeAll([0, 0]).then(() => stream.finish()),
    code: 1006,
    reason: "a frame that was torn by the end of the stream",
    stage: "decode",
  },
  {
    name: "a stream that is reset",
    send: (stream) => stream.reset(5n),
    code: 1006,
    reason: "the stream was given up",
    stage: "connect",
  },
  {
    name: "a stream that is reset inside a frame",
    send: (stream) => stream.writeAll([0, 0, 0, 9, 0x7b]).then(() => stream.reset(2n ** 62n - 1n)),
    code: 1006,
    reason: "the stream was given up",
    stage: "connect",
  },
  {
    name: "a stream that is stopped",
    send: (_stream, recv) => recv.stop(9n),
    code: 1006,
    reason: "the stream was given up",
    stage: "connect",
  },
  {
    name: "a second stream",
    send: (_stream, _recv, connection) => connection.openBi().then(({ send }) => send.writeAll([1])),
    code: 1002,
    reason: "more than one stream",
    stage: "connect",
  },
  {
    name: "a second stream in one direction",
    send: (_stream, _recv, connection) => connection.openUni().then((send) => send.writeAll([1])),
    code: 1002,
    reason: "more than one stream",
    stage: "connect",
  },
];

const closedBy = ({ code, reason }: Attack): string => `closed by peer: ${reason} (code ${code})`;

for (const attack of ATTACKS) {
  Deno.test(`hub ends the connection of ${attack.name}, reports it once, and affects no other`, async () => {
    await using served = await serveIrohHub();
    await using good = await openGoodSpoke(served);
    await using raw = await connectRaw(served.endpoint);
    await raw.send.writeAll(subscribeToNews);
    await eventually(() => served.spokes[1]?.topics.size === 1);
    await attack.send(raw.send, raw.recv, raw.connection);
    // A hub that sends something finds out that the peer does not read.
    let published = 0;
    await eventually(() => {
      served.hub.publish({ type: "news", id: "1", payload: { n: published++ } });
      return served.hub.connectionCount === 1;
    });
    assertEquals(await raw.connection.closed(), closedBy(attack));
    assertEquals(causesOf(served.faults), [attack.stage]);
    assertEquals(served.faults[0]?.context.target, served.spokes.at(-1));
    const lost = await served.spokes.at(-1)?.closed;
    assertInstanceOf(lost, ConnectionLostError);
    assertEquals([lost.code, lost.reason, lost.cause], [attack.code, attack.reason, served.faults[0]?.error]);
    assertEquals(served.log, ["connection", "connection", "disconnection"]);
    await served.hub.flush();
    assertEquals(good.received, counted(published));
    assertEquals(good.link.status.state, "open");
  });

  Deno.test(`link ends the connection of ${attack.name}, and reports it once`, async () => {
    const endpoint = await bindLocal(true);
    const accepted = endpoint.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
    await using open = await openIrohLink(endpoint);
    const subscription = createPubSub({ eventTarget: open.link }).subscribe("news");
    const connection = await accepted;
    assert(connection !== undefined);
    const { send, recv } = await connection.acceptBi();
    await send.writeAll(frameOf('{"type":"__hello","id":"","payload":{"version":1,"batch":true}}'));
    await send.writeAll(frameOf('{"type":"news","id":"1"}'));
    assertEquals((await subscription.next()).value?.id, "1");
    await attack.send(send, recv, connection);
    await eventually(() => {
      if (open.link.status.state === "open") open.link.publish({ type: "up", id: "1", payload: null });
      return open.link.status.state === "closed";
    });
    const error = await assertRejects(() => subscription.next(), ConnectionLostError);
    assertEquals([error.code, error.reason], [attack.code, attack.reason]);
    assertEquals(await connection.closed(), closedBy(attack));
    assertEquals(causesOf(open.faults), [attack.stage]);
    await endpoint.close();
  });

  const comesBack = attack.code === 1006 || attack.code === 1009;
  Deno.test(`a spoke that connects by a function ${comesBack ? "comes back" : "ends"} after ${attack.name}`, async () => {
    const hub = await bindLocal(true);
    const endpoint = await bindLocal(false);
    const accepted: Connection[] = [];
    const accepting = acceptAll(hub, (connection) => void accepted.push(connection));
    const faults: Fault[] = [];
    const spoke = createSpokeIrohEventTarget(() => endpoint.connect(hub.addr(), ALPN), {
      reconnectDelayMs: 1,
      onError: (error, context) => void faults.push({ error, context }),
    });
    await eventually(() => accepted.length === 1);
    const [connection] = accepted;
    assert(connection !== undefined);
    const { send, recv } = await connection.acceptBi();
    await attack.send(send, recv, connection);
    await eventually(() => {
      spoke.publish({ type: "up", id: "1", payload: null });
      return accepted.length === 2 || spoke.status.state === "closed";
    });
    assertEquals([accepted.length, spoke.status.state === "closed"], comesBack ? [2, false] : [1, true]);
    assertEquals(causesOf(faults), [attack.stage]);
    await spoke.close();
    await Promise.all([endpoint.close(), hub.close()]);
    await accepting;
  });
}

Deno.test("hub skips malformed JSON and values that are not envelopes, and the connection stays", async () => {
  await using served = await serveIrohHub();
  await using raw = await connectRaw(served.endpoint);
  const malformed = ["{", "5", "[1]", "\ufeff{}", '{"type":"a:b","id":"1"}'];
  for (const body of malformed) await raw.send.writeAll(frameOf(body));
  await raw.send.writeAll(subscribeToNews);
  await eventually(() => served.hub.topicCount === 1);
  assertEquals(stagesOf(served.faults), malformed.map(() => "decode"));
  assertEquals(raw.connection.closeReason(), null);
});

Deno.test("hub reads frames that arrive byte by byte, and many that arrive at once", async () => {
  await using served = await serveIrohHub();
  const heard: unknown[] = [];
  served.hub.listen("up", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  await using raw = await connectRaw(served.endpoint);
  const frames = counted(100).map((n) => frameOf(JSON.stringify({ type: "up", id: "é", payload: n })));
  for (const byte of frames.slice(0, 3).flat()) {
    await raw.send.writeAll([byte]);
    await nextTurn();
  }
  await raw.send.writeAll(frames.slice(3).flat());
  await eventually(() => assertEquals(heard, counted(100)));
  assertEquals(served.faults, []);
});

Deno.test("a peer that ends its stream between frames ends the connection normally, without a fault", async () => {
  await using served = await serveIrohHub();
  await using raw = await connectRaw(served.endpoint);
  await raw.send.writeAll(subscribeToNews);
  await eventually(() => served.hub.topicCount === 1);
  await raw.send.finish();
  // It may say why until a deadline; this one does not.
  assertEquals(await raw.connection.closed(), "closed by peer: the stream has ended (code 1000)");
  assertEquals([served.faults, served.log], [[], ["connection", "disconnection"]]);
});

/** Answers each event that a target receives, and counts them. */
function answerEach(
  hears: PubSubEventTarget,
  answers: () => PubSubEventTarget | undefined,
): { heard: number } {
  const count = { heard: 0 };
  hears.listen("question", undefined, {
    onEvent({ id }) {
      count.heard++;
      answers()?.publish({ type: "answer", id, payload: null });
    },
  });
  return count;
}

/** Sends events that take many reads, and closes the connection when all of them have arrived. */
async function ask(questions: number, send: SendStream, connection: Connection): Promise<void> {
  const payload = "x".repeat(10_000);
  await send.writeAll(
    counted(questions).flatMap((n) => frameOf(JSON.stringify({ type: "question", id: `${n}`, payload }))),
  );
  await send.finish();
  await send.stopped();
  connection.close(1000n, bytesOf("asked"));
}

Deno.test("hub receives everything that had arrived when a spoke closed, although its answers cannot leave", async () => {
  await using served = await serveIrohHub();
  await using raw = await connectRaw(served.endpoint);
  const count = answerEach(served.hub, () => served.spokes[0]);
  await ask(90, raw.send, raw.connection);
  await eventually(() => assertEquals(served.log, ["connection", "disconnection"]));
  assertEquals([count.heard, causesOf(served.faults)], [90, []]);
});

Deno.test("link receives everything that had arrived when the hub closed, although its answers cannot leave", async () => {
  const endpoint = await bindLocal(true);
  const accepted = endpoint.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
  await using open = await openIrohLink(endpoint);
  const connection = await accepted;
  assert(connection !== undefined);
  const count = answerEach(open.link, () => open.link);
  const { send } = await connection.acceptBi();
  await ask(90, send, connection);
  const error = await open.link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, error.reason], [1000, "asked"]);
  assertEquals([count.heard, causesOf(open.faults)], [90, []]);
  await endpoint.close();
});

Deno.test("hub drops a spoke that stops reading (1013) when its outbox is full, and 19 others miss nothing", async () => {
  const maxBufferedBytes = MIB;
  await using served = await serveIrohHub({ maxBufferedBytes });
  await using stack = new AsyncDisposableStack();
  const good: Awaited<ReturnType<typeof openGoodSpoke>>[] = [];
  for (let i = 0; i < 19; i++) good.push(stack.use(await openGoodSpoke(served)));
  await using stalled = await connectRaw(served.endpoint);
  await stalled.send.writeAll(
    frameOf('{"type":"__subscribe","id":"1","payload":{"topics":["news","bulk"]}}'),
  );
  await eventually(() => served.spokes.at(-1)?.topics.size === 2);

  const bulk = "x".repeat(16 * 1024);
  let published = 0;
  // QUIC itself takes about a megabyte for it, before its outbox fills.
  while (!served.log.includes("backpressure")) {
    assert(published < 1000, "the stalled spoke was never noticed");
    served.hub.publish({ type: "bulk", id: "1", payload: bulk });
    served.hub.publish({ type: "news", id: "1", payload: { n: published++ } });
    if (published % 4 === 0) await nextTurn();
  }
  assert(published * bulk.length > maxBufferedBytes, `${published} events were published`);
  assertEquals(served.hub.connectionCount, 19);
  for (let i = 0; i < 10; i++) served.hub.publish({ type: "news", id: "1", payload: { n: published++ } });
  await served.hub.flush();
  for (const { received } of good) assertEquals(received, counted(published));
  assertEquals(served.log.filter((entry) => entry !== "connection"), ["backpressure", "disconnection"]);
  assertEquals(stagesOf(served.faults), ["backpressure"]);
  // The close of QUIC does not wait for what it had not read.
  assertEquals(await stalled.connection.closed(), "closed by peer: reads too slowly (code 1013)");
  await eventually(() => served.hub.closingCount === 0);
});

Deno.test("a healthy spoke survives a burst of more than the socket accepts, in one turn", async () => {
  await using served = await serveIrohHub();
  await using good = await openGoodSpoke(served);
  const text = "x".repeat(10_000);
  for (let n = 0; n < 200; n++) served.hub.publish({ type: "news", id: "1", payload: { n, text } });
  await nextTurn();
  served.hub.publish({ type: "news", id: "1", payload: { n: 200, text } });
  await served.hub.flush();
  assertEquals(good.received, counted(201));
  assertEquals([served.faults, served.hub.connectionCount], [[], 1]);
});

Deno.test("connections that are refused, or fail, do not end the accept loop of a hub", async () => {
  await using served = await serveIrohHub();
  const endpoint = await bindLocal(false);
  await assertRejects(() => endpoint.connect(served.endpoint.addr(), bytesOf("another protocol")));
  await endpoint.close();
  await using good = await openGoodSpoke(served);
  served.hub.publish({ type: "news", id: "1", payload: { n: 0 } });
  await served.hub.flush();
  assertEquals([good.received, served.hub.connectionCount], [[0], 1]);
});
