import { assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { connectionLost } from "../../../adapters/_wire/connection_lost.ts";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import { Session } from "../../../adapters/_session/session.ts";
import {
  HUB_PEER,
  type PeerPolicy,
  type SessionControl,
  type SessionGuard,
  type SessionHandler,
  SPOKE_PEER,
} from "../../../adapters/_session/parts.ts";
import { WINDOW_BYTES } from "../../../adapters/_session/send_window.ts";
import { sessionBounds, type SessionOptions } from "../../../adapters/_session/options.ts";
import { Traffic } from "../../../adapters/_session/traffic.ts";
import type { WireEnd } from "../../../adapters/_wire/wire.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";

/** A session over a wire without a transport, and what its handler received. */
function open(
  wire: FakeWire = new FakeWire(),
  { handler = {}, guard = {}, peer = HUB_PEER, ...options }: SessionOptions & {
    handler?: Partial<SessionHandler>;
    guard?: Partial<SessionGuard>;
    peer?: PeerPolicy;
  } = {},
) {
  const told: string[] = [];
  const incoming: (EventEnvelope | SessionControl)[] = [];
  const ends: { end: WireEnd; unsent: number }[] = [];
  const parts = {
    wire,
    codec,
    bounds: { ...sessionBounds({}), ...options },
    peer,
    traffic: new Traffic(),
    reporter: {
      report: (stage: string, error: unknown, topic?: string) =>
        void told.push([stage, error, ...topic ? [topic] : []].join(" ")),
      reportDropped: (bytes: number, topic: string) =>
        void told.push(`dropped ${topic}, more than ${bytes} bytes wait`),
    },
    guard: { mayReceive: () => true, toleratedBytes: Infinity, onBacklog() {}, ...guard },
  };
  const session = new Session(parts, {
    onOpen: () => void told.push("open"),
    onEvent: (envelope) => incoming.push(envelope) > 0,
    onControl(control) {
      if (control.kind === "flush") control.answer();
      else if (control.kind === "oversized") told.push("oversized");
      else if (control.kind === "malformed") told.push(`decode ${control.error}`);
      else incoming.push(control);
      return true;
    },
    onEnd: (end, lost, waiting) => {
      told.push("end");
      ends.push({ end, unsent: lost + waiting });
    },
    onReleased: () => void told.push("released"),
    ...handler,
  });
  const send = (id: string) =>
    session.sender.send(codec.encode({ type: "n", id, payload: undefined }, false));
  const sent = () => wire.envelopes.map(({ type, id }) => `${type} ${id}`);
  return { wire, session, told, incoming, ends, send, sent };
}

Deno.test("what the handler sends first in onOpen leaves ahead of what waited", () => {
  const { wire, session, send, sent } = open(new FakeWire("connecting"), {
    handler: { onOpen: () => session.sender.sendControl({ kind: "ping", ref: "first" }, true) },
  });
  session.start();
  send("waited");
  session.sender.sendControl({ kind: "ping", ref: "waited too" });
  assertEquals(sent(), []);
  wire.open();
  assertEquals(sent(), ["__ping first", "n waited", "__ping waited too"]);
});

Deno.test("a frame of exactly maxFrameBytes is read, a larger one is skipped, and the session continues", () => {
  const { wire, session, told, incoming } = open(new FakeWire(), { maxFrameBytes: 100 });
  session.start();
  const empty = JSON.stringify({ type: "n", id: "" });
  wire.receive(JSON.stringify({ type: "n", id: "x".repeat(100 - empty.length) }));
  wire.receive(JSON.stringify({ type: "n", id: "x".repeat(101 - empty.length) }));
  assertEquals([told, incoming.length], [["open", "oversized"], 1]);
});

Deno.test("a frame that cannot be decoded or read is reported once, with the reason", () => {
  const { wire, session, told, incoming } = open();
  session.start();
  wire.receive("{");
  wire.receive(new ArrayBuffer(1));
  wire.receiveEnvelopes({ type: "", id: "" }, { type: "n", id: "1" }, { type: "*", id: "" });
  assertEquals(told.length, 4);
  assertMatch(told[1] ?? "", /^decode TypeError: Cannot decode a frame: /);
  assertEquals(told[2], "decode TypeError: Cannot decode a frame: a frame must be text");
  assertMatch(
    told[3] ?? "",
    /^decode TypeError: Cannot read a frame: 2 of 3 envelopes, the first because the event type is empty/,
  );
  assertEquals(incoming.length, 1);
});

Deno.test("a ping is answered with its reference, after everything that was sent before; one for a sign of life, ahead of it", async () => {
  const { wire, session, send, sent } = open();
  session.start();
  send("before");
  wire.receiveEnvelopes({ type: "__ping", id: "" }, { type: "__ping", id: "ref" });
  send("after");
  await microtasks();
  assertEquals(sent(), ["__pong ", "n before", "__pong ref", "n after"]);
});

Deno.test("a link answers a ping as long as no more than maxBufferedBytes wait, here and in the wire", async () => {
  const { wire, session, told, send, sent } = open(new FakeWire(), { maxBufferedBytes: 1000 });
  session.start();
  wire.bufferedBytes = 1000;
  wire.receiveEnvelopes({ type: "__ping", id: "room" });
  await microtasks();
  assertEquals([told, sent()], [["open"], ["__pong room"]]);
  wire.bufferedBytes = 1001;
  wire.receiveEnvelopes({ type: "__ping", id: "no room" });
  send("no room either");
  await microtasks();
  assertEquals([told.slice(1), sent()], [
    [
      "backpressure Error: Cannot buffer more than 1000 bytes: a ping was not answered",
      "dropped n:no room either, more than 1000 bytes wait",
    ],
    ["__pong room"],
  ]);
});

Deno.test("a hub answers every ping, and asks its guard about what waits", async () => {
  const backlogs: boolean[] = [];
  const { wire, session, told, send, sent } = open(new FakeWire(), {
    maxBufferedBytes: 1000,
    peer: SPOKE_PEER,
    guard: { toleratedBytes: 1000, onBacklog: (isControl) => void backlogs.push(isControl) },
  });
  session.start();
  wire.bufferedBytes = 1001;
  wire.receiveEnvelopes({ type: "__ping", id: "1" });
  send("2");
  wire.receiveEnvelopes({ type: "__ping", id: "" });
  await microtasks();
  assertEquals([told, sent()], [["open"], ["__pong 1", "__pong ", "n 2"]]);
  assertEquals(backlogs, [true, false, true, true], "once a frame, and at the end of the turn");
});

Deno.test("signs of life that the wire has no room for are one, and it leaves ahead of what waits", () =>
  withClock(async ({ pass }) => {
    const { wire, session, send, sent } = open(new FakeWire(), { peer: SPOKE_PEER });
    session.start();
    wire.bufferedBytes = WINDOW_BYTES;
    send("waits");
    for (let i = 0; i < 100_000; i++) wire.receive('{"type":"__ping","id":""}');
    await pass(1000);
    assertEquals([sent(), session.sender.outbox.queue.size], [[], 1]);
    wire.leave();
    await pass(50);
    assertEquals(sent(), ["__pong ", "n waits"]);
    wire.end();
  }));

Deno.test("a handler that stops at an event or at a control receives nothing more of the frame", () => {
  const received: string[] = [];
  const { wire, session } = open(new FakeWire(), {
    handler: {
      onEvent: ({ type }) => received.push(type) < 2,
      onControl: ({ kind }) => received.push(kind) < 3,
    },
  });
  session.start();
  wire.receiveEnvelopes(...Array(5).fill({ type: "n", id: "" }));
  assertEquals(received.length, 2);
  wire.receiveEnvelopes({ type: "__gap", id: "", payload: {} }, { type: "n", id: "" });
  assertEquals(received, ["n", "n", "gap"]);
});

Deno.test("a frame that the guard refuses is not read", () => {
  let mayReceive = false;
  const { wire, session, told, incoming } = open(new FakeWire(), {
    guard: { mayReceive: () => mayReceive },
  });
  session.start();
  for (const data of ["{", JSON.stringify({ type: "n", id: "1" })]) wire.receive(data);
  assertEquals([told, incoming], [["open"], []]);
  mayReceive = true;
  wire.receiveEnvelopes({ type: "n", id: "2" });
  assertEquals(incoming.length, 1);
});

Deno.test("a handler that drops the session inside a frame receives nothing more of the frame", () => {
  let heard = 0;
  const { wire, session, told } = open(new FakeWire(), {
    handler: {
      onEvent: () => {
        heard++;
        session.drop(1008, "enough");
        return true;
      },
    },
  });
  session.start();
  wire.receiveEnvelopes(...Array(5).fill({ type: "n", id: "" }));
  wire.receive("{");
  assertEquals([heard, told, wire.closes], [1, ["open", "end"], [{ code: 1008, reason: "enough" }]]);
});

Deno.test("a hello sets the limits of the peer, and a second one replaces it", async () => {
  const { wire, session, told, send } = open();
  session.start();
  wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, maxFrameBytes: 70_000 } });
  assertEquals(session.sender.hello, { version: 1, batch: false, maxFrameBytes: 70_000 });
  send("1");
  send("x".repeat(70_000));
  send("2");
  await microtasks();
  assertEquals([wire.frames.length, told.length], [2, 2]);
  assertMatch(
    told[1] ?? "",
    /^encode RangeError: Cannot send an event of 700\d\d bytes: the peer accepts 70000 n:x/,
  );
  wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 2, batch: true } });
  assertEquals(session.sender.hello?.version, 2);
  send("3");
  send("4");
  await microtasks();
  assertEquals(wire.frames.length, 3);
  send("x".repeat(70_000));
  send("x".repeat(1024 * 1024));
  await microtasks();
  assertEquals([wire.frames.length, told.length], [4, 3]);
});

Deno.test("an event that every hub accepts leaves before the hello; a larger one waits for it, and so does everything behind", async () => {
  const { wire, session, told, send, sent } = open();
  session.start();
  const empty = JSON.stringify({ type: "n", id: "" }).length;
  send("x".repeat(65_536 - empty));
  send("y".repeat(65_537 - empty));
  send("behind");
  const flushed = session.flush();
  send("z".repeat(100_001));
  await microtasks();
  assertEquals(wire.frames.map(({ length }) => length), [65_536]);
  wire.receiveEnvelopes({
    type: "__hello",
    id: "",
    payload: { version: 1, batch: true, maxFrameBytes: 100_000 },
  });
  assertEquals(sent().map((each) => each.slice(0, 8)), ["n xxxxxx", "n yyyyyy", "n behind", "__ping 1"]);
  assertEquals(told.slice(1).map((each) => each.slice(0, 66)), [
    "encode RangeError: Cannot send an event of 100021 bytes: the peer ",
  ]);
  wire.receiveEnvelopes({ type: "__pong", id: "1" });
  await flushed;
});

Deno.test("what waits for a hub's hello is bounded, and counted when the wire ends without one", async () => {
  const { wire, session, told, ends, send } = open(new FakeWire(), { maxBufferedBytes: 150_000 });
  session.start();
  for (const id of ["a", "b", "c"]) send(id.repeat(70_000));
  await microtasks();
  assertEquals(wire.frames, []);
  assertMatch(told[1] ?? "", /^dropped n:c+, more than 150000 bytes wait$/);
  wire.end();
  assertEquals(ends, [{ end: {}, unsent: 2 }]);
});

Deno.test("close() sends what waits for a hub's hello first", () =>
  withClock(async () => {
    const { wire, session, send } = open();
    session.start();
    send("x".repeat(70_000));
    const closing = session.close(1000, "done");
    await microtasks();
    assertEquals([wire.frames, wire.closes], [[], []]);
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
    assertEquals([wire.frames.length, wire.closes], [1, [{ code: 1000, reason: "done" }]]);
    wire.end();
    await closing;
  }));

Deno.test("a second hello with a smaller limit does not hold back smaller events", async () => {
  const { wire, session, told, send, sent } = open();
  const hello = (maxFrameBytes: number) => {
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true, maxFrameBytes } });
  };
  session.start();
  send("x".repeat(90_000));
  send("small");
  hello(80_000);
  assertEquals(sent(), ["n small"]);
  assertMatch(told[1] ?? "", /^encode RangeError: Cannot send an event of 900\d\d bytes/);
  send("y".repeat(75_000));
  hello(70_000);
  send("last");
  await microtasks();
  assertEquals(sent(), ["n small", "n last"]);
  assertEquals(told.length, 3);
});

Deno.test("a limit below 65,536 bytes, which every end accepts, is taken as that", async () => {
  for (const maxFrameBytes of [1, 1000, 65_535, 65_536]) {
    const { wire, session, told, send } = open();
    session.start();
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true, maxFrameBytes } });
    const empty = JSON.stringify({ type: "n", id: "" }).length;
    send("x".repeat(65_536 - empty));
    send("y".repeat(65_537 - empty));
    await microtasks();
    assertEquals(wire.frames.map(({ length }) => length), [65_536]);
    assertEquals(told.length, 2);
    assertMatch(told[1] ?? "", /Cannot send an event of 65537 bytes: the peer accepts 65536 n:y/);
  }
});

Deno.test("a hub reports an event that a spoke does not accept once, and a link reports each", async () => {
  for (const peer of [SPOKE_PEER, HUB_PEER]) {
    const { wire, session, told, send, sent } = open(new FakeWire(), { peer });
    session.start();
    wire.receiveEnvelopes({
      type: "__hello",
      id: "",
      payload: { version: 1, batch: true, maxFrameBytes: 1 },
    });
    for (let i = 0; i < 3; i++) send("x".repeat(70_000));
    send("small");
    await microtasks();
    assertEquals([told.length - 1, sent()], [peer === SPOKE_PEER ? 1 : 3, ["n small"]]);
  }
});

Deno.test("an event that proves too large for a hub does not count as waiting any more", async () => {
  const { wire, session, told, send, sent } = open(new FakeWire(), { maxBufferedBytes: 100_000 });
  session.start();
  send("x".repeat(90_000));
  wire.receiveEnvelopes({
    type: "__hello",
    id: "",
    payload: { version: 1, batch: true, maxFrameBytes: 70_000 },
  });
  send("y".repeat(50_000));
  await microtasks();
  assertEquals([sent().map((each) => each[2]), told.length], [["y"], 2]);
});

Deno.test("a bare client is sent events of up to 1,048,576 bytes, and larger ones do not hold back the others", async () => {
  const { session, told, send, sent } = open(new FakeWire(), { peer: SPOKE_PEER });
  session.start();
  const empty = JSON.stringify({ type: "n", id: "" }).length;
  send("x".repeat(1024 * 1024 - empty));
  send("y".repeat(1024 * 1024 - empty + 1));
  send("z");
  await microtasks();
  assertEquals(sent().map((each) => each[2]), ["x", "z"]);
  assertMatch(told[1] ?? "", /^encode RangeError: Cannot send an event of 1048577 bytes/);
});

Deno.test("a bye ends the session and the wire with its reason, and the rest of its frame is ignored", () => {
  const { wire, session, told, incoming, ends } = open();
  session.start();
  wire.receiveEnvelopes(
    { type: "n", id: "1" },
    { type: "__bye", id: "", payload: { reason: "home" } },
    { type: "n", id: "2" },
  );
  assertEquals(incoming.length, 1);
  assertEquals([ends, wire.closes], [[{ end: { reason: "home" }, unsent: 0 }], [{ code: 1000, reason: "" }]]);
  assertEquals(told, ["open", "end"]);
  wire.end({ code: 1000 });
  assertEquals(told, ["open", "end", "released"]);
});

Deno.test("flush resolves with the answer, and rejects once the wire ends", () =>
  withClock(async () => {
    const { wire, session, sent } = open();
    session.start();
    const answered = session.flush();
    await microtasks();
    assertEquals(sent(), ["__ping 1"]);
    wire.receiveEnvelopes({ type: "__pong", id: "1" });
    await answered;
    const lost = assertRejects(() => session.flush(), ConnectionLostError, "code 4000: because");
    wire.end({ code: 4000, reason: "because" });
    await lost;
    await assertRejects(() => session.flush(), ConnectionLostError, "has ended");
  }));

Deno.test("a peer that has not said hello is asked when it does, for the flushes that still wait", () =>
  withClock(async () => {
    const { wire, session, sent } = open(new FakeWire(), { peer: SPOKE_PEER });
    session.start();
    const waits = session.flush();
    for (let i = 0; i < 3; i++) {
      const controller = new AbortController();
      const aborted = assertRejects(() => session.flush({ signal: controller.signal }));
      controller.abort();
      await aborted;
    }
    await microtasks();
    assertEquals(sent(), []);
    const hello = { type: "__hello", id: "", payload: { version: 1, batch: true } };
    wire.receiveEnvelopes(hello);
    wire.receiveEnvelopes(hello);
    await microtasks();
    assertEquals(sent(), ["__ping 1"]);
    wire.receiveEnvelopes({ type: "__pong", id: "1" });
    await waits;
    const later = session.flush();
    await microtasks();
    assertEquals(sent().length, 2);
    wire.end();
    await assertRejects(() => later, ConnectionLostError);
  }));

Deno.test("close sends what waits, then closes the wire, and resolves when the wire has ended", () =>
  withClock(async () => {
    const { wire, session, told, sent, send } = open();
    session.start();
    send("last words");
    const closing = session.close(1000, "done");
    assertEquals(session.close(1001, "again"), closing);
    assertEquals([sent(), wire.closes], [["n last words"], [{ code: 1000, reason: "done" }]]);
    wire.end({ code: 1000 });
    await closing;
    await session.close(1000, "over");
    assertEquals([told, wire.closes.length], [["open", "end", "released"], 1]);
  }));

Deno.test("close waits for a connecting wire only if something waits to leave", () =>
  withClock(async () => {
    const idle = open(new FakeWire("connecting"));
    idle.session.start();
    const closing = idle.session.close(1000, "");
    assertEquals(idle.wire.closes.length, 1);
    idle.wire.end();
    await closing;

    const busy = open(new FakeWire("connecting"));
    busy.session.start();
    busy.send("last words");
    const waiting = busy.session.close(1000, "");
    assertEquals(busy.wire.closes.length, 0);
    busy.wire.open();
    assertEquals([busy.sent(), busy.wire.closes.length], [["n last words"], 1]);
    busy.wire.end();
    await waiting;
  }));

Deno.test("close waits a second and a half for the far end, and no longer", () =>
  withClock(async ({ pass }) => {
    const { wire, session, told, ends } = open();
    session.start();
    const closing = session.close(1000, "");
    await pass(1499);
    assertEquals(told, ["open"]);
    await pass(1);
    await closing;
    assertEquals([told, ends], [["open", "end"], [{ end: {}, unsent: 0 }]]);
    // What arrives late is ignored, but the end of the wire is reported.
    wire.receiveEnvelopes({ type: "n", id: "late" });
    wire.end({ code: 1000 });
    assertEquals([told, ends.length], [["open", "end", "released"], 1]);
  }));

Deno.test("a wire that did not open in time is closed, so that it cannot open later", () =>
  withClock(async ({ pass }) => {
    const { wire, session, ends, send } = open(new FakeWire("connecting"));
    session.start();
    send("never sent");
    const closing = session.close(1000, "");
    await pass(1500);
    await closing;
    assertEquals(ends, [{ end: {}, unsent: 1 }]);
    assertEquals(wire.closes.length, 1, "the wire continues to connect");
  }));

Deno.test("events sent in onOpen leave, even if the session is closed there", () =>
  withClock(async () => {
    const { wire, session, sent, send } = open(new FakeWire("connecting"), {
      handler: {
        onOpen: () => {
          send("why");
          void session.close(1000, "");
        },
      },
    });
    session.start();
    send("waited");
    wire.open();
    await microtasks();
    assertEquals([sent(), wire.lost], [["n waited", "n why"], []]);
    assertEquals(wire.closes.length, 1);
    wire.end();
  }));

Deno.test("a wire that throws at a send ends the session, and is closed", async () => {
  const { wire, session, told, ends, send } = open();
  session.start();
  wire.sendFault = new Error("broken");
  send("lost");
  await microtasks();
  assertEquals([told, ends.map(({ end }) => end)], [["open", "end"], [{ error: wire.sendFault }]]);
  assertEquals(wire.closes.length, 1, "nobody else will ever close it");
});

Deno.test("drop discards what waits, and counts its events", async () => {
  const { wire, session, ends, send } = open();
  session.start();
  send("1");
  session.sender.sendControl({ kind: "ping", ref: "" });
  send("2");
  session.drop(1013, "slow");
  await microtasks();
  assertEquals([ends, wire.frames, wire.lost], [
    [{ end: { code: 1013, reason: "slow" }, unsent: 2 }],
    [],
    [],
  ]);
});

Deno.test("detach ends the session, and leaves the wire open", async () => {
  const { wire, session, told, ends, send } = open();
  session.start();
  send("lost");
  session.detach();
  await microtasks();
  assertEquals([told, ends], [["open", "end", "released"], [{ end: {}, unsent: 1 }]]);
  assertEquals([wire.detached, wire.closes, wire.frames], [true, [], []]);
});

Deno.test("nothing is sent, received or reported after the end", () =>
  withClock(async () => {
    const { wire, session, told, incoming } = open();
    session.start();
    session.drop(1000, "");
    session.sender.sendControl({ kind: "ping", ref: "" });
    session.sender.sendControl({ kind: "ping", ref: "" }, true);
    wire.receiveEnvelopes({ type: "n", id: "1" }, { type: "__ping", id: "1" });
    wire.open();
    await microtasks();
    assertEquals([told, incoming, wire.frames], [["open", "end"], [], []]);
    session.drop(1000, "");
    session.detach();
    assertEquals(told, ["open", "end", "released"]);
    await session.close(1000, "");
  }));

Deno.test("a silent hub is asked for a sign of life, and dropped if it gives none", () =>
  withClock(async ({ pass }) => {
    const { wire, session, ends, send, sent } = open(new FakeWire(), { heartbeatMs: 1000 });
    session.start();
    send("waits its turn");
    await pass(999);
    assertEquals(sent(), ["n waits its turn"]);
    await pass(1);
    assertEquals(sent().slice(1), ["__ping "]);
    // Anything is a sign of life, malformed or not.
    wire.receive("{");
    await pass(999);
    assertEquals(sent().length, 2);
    await pass(1);
    assertEquals([sent().length, ends], [3, []]);
    // The question has left in the next turn.
    await pass(1000);
    assertEquals([sent().length, ends], [3, []]);
    await pass(1);
    assertEquals(ends, [{ end: { code: 4408, reason: "no sign of life for 2000 ms" }, unsent: 0 }]);
    assertEquals(wire.closes, [{ code: 4408, reason: "no sign of life for 2000 ms" }]);
  }));

Deno.test("a ping for a sign of life overtakes what waits, and its answer is a sign of life", () =>
  withClock(async ({ pass }) => {
    const { wire, session, ends, send, sent } = open(new FakeWire(), { heartbeatMs: 1000 });
    session.start();
    send("x".repeat(70_000));
    for (let asked = 1; asked < 5; asked++) {
      await pass(1000);
      assertEquals([sent().length, ends], [asked, []]);
      wire.receiveEnvelopes({ type: "__pong", id: "" });
      await pass(1000);
    }
    assertEquals(new Set(sent()), new Set(["__ping "]));
    wire.end();
  }));

Deno.test("a bare client is neither asked for a sign of life before its hello, nor dropped", () =>
  withClock(async ({ pass, timers }) => {
    const { wire, session, ends, sent } = open(new FakeWire(), { heartbeatMs: 1000, peer: SPOKE_PEER });
    session.start();
    await pass(10_000);
    assertEquals([timers, sent(), ends], [0, [], []]);
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
    await pass(999);
    assertEquals(sent(), []);
    await pass(1);
    assertEquals([sent(), ends], [["__ping "], []]);
    await pass(1001);
    assertEquals([sent(), ends.length], [["__ping "], 1]);
  }));

Deno.test("the heartbeat ends with the session, however that ends, and with close()", () =>
  withClock(async (clock) => {
    const ways: ((parts: ReturnType<typeof open>) => unknown)[] = [
      ({ wire }) => wire.end(),
      ({ session }) => session.drop(1008, ""),
      ({ session }) => session.detach(),
      ({ wire }) => wire.receiveEnvelopes({ type: "__bye", id: "", payload: {} }),
      ({ session, wire }) => {
        void session.close(1000, "");
        assertEquals(clock.timers, 1, "the deadline of close() alone");
        wire.end();
      },
    ];
    for (const way of ways) {
      const parts = open(new FakeWire(), { heartbeatMs: 1000 });
      parts.session.start();
      assertEquals(clock.timers, 1);
      await way(parts);
      assertEquals(clock.timers, 0);
    }
    const dropped = open(new FakeWire(), {
      heartbeatMs: 1000,
      handler: { onOpen: () => dropped.session.drop(1008, "") },
    });
    dropped.session.start();
    assertEquals(clock.timers, 0);
  }));

Deno.test("without heartbeatMs, or with one longer than a timer can wait, no timer is set", () =>
  withClock(async (clock) => {
    for (const heartbeatMs of [Infinity, 2 ** 31]) {
      const { wire, session } = open(new FakeWire(), { heartbeatMs });
      session.start();
      wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
      assertEquals(clock.timers, 0);
      wire.end();
    }
    await clock.pass(0);
  }));

Deno.test("the error of an end holds what the wire reported, and no more", () => {
  const cause = new Error("EPIPE");
  const all = connectionLost({ code: 1013, reason: "slow", error: cause });
  assertInstanceOf(all, ConnectionLostError);
  assertEquals([all.message, all.code, all.reason, all.cause], [
    "The connection ended with the code 1013: slow",
    1013,
    "slow",
    cause,
  ]);
  assertEquals(connectionLost({}).message, "The connection ended");
  assertEquals(connectionLost({ code: 1000, reason: "" }).message, "The connection ended with the code 1000");
});

Deno.test("sending is deferred until the wire is open and a hub has said hello", () => {
  for (const peer of [HUB_PEER, SPOKE_PEER]) {
    const { wire, session } = open(new FakeWire("connecting"), { peer });
    session.start();
    const later = [session.sender.isDeferring];
    wire.open();
    later.push(session.sender.isDeferring);
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1 } });
    later.push(session.sender.isDeferring);
    assertEquals(later, [true, peer === HUB_PEER, false]);
    session.detach();
  }
});

Deno.test("events sent while the wire closes wait on a link, and leave on a hub, where nothing would bound them", async () => {
  for (const peer of [HUB_PEER, SPOKE_PEER]) {
    const { wire, session, send, ends } = open(new FakeWire(), { peer });
    session.start();
    wire.state = "closed";
    send("1");
    await microtasks();
    assertEquals(wire.lost.length, peer === HUB_PEER ? 0 : 1);
    wire.end({ code: 1001 });
    assertEquals(ends.at(-1)?.unsent, peer === HUB_PEER ? 1 : 0);
  }
});

Deno.test("a session that has ended keeps nothing that waited, even while its wire is still ending", () => {
  const { session, send } = open(new FakeWire("connecting"));
  session.start();
  send("1");
  session.drop(1013, "slow");
  const next = open();
  next.session.takeOver(session);
  next.session.start();
  assertEquals(next.sent(), []);
});

Deno.test("close hands everything to the wire, even if it is full", () =>
  withClock(async (clock) => {
    const { wire, session, send, ends } = open(new FakeWire(), { peer: SPOKE_PEER });
    wire.holds = true;
    session.start();
    for (let i = 0; i < 100; i++) send("x".repeat(20_000));
    await microtasks();
    assertEquals([wire.frames.length < 20, session.sender.outbox.queue.size > 80], [true, true]);
    const closing = session.close(1001, "");
    assertEquals([wire.frames.length, wire.closes.length, session.sender.outbox.queue.size], [100, 1, 0]);
    wire.end({ code: 1001 });
    await closing;
    assertEquals([ends, clock.timers], [[{ end: { code: 1001 }, unsent: 0 }], 0]);
  }));

Deno.test("a drop of a session whose wire is full discards what waits, and leaves no timer", () =>
  withClock(async (clock) => {
    const { wire, session, send, ends } = open(new FakeWire(), { peer: SPOKE_PEER });
    wire.holds = true;
    session.start();
    for (let i = 0; i < 100; i++) send("x".repeat(20_000));
    await clock.pass(100);
    const left = wire.frames.length;
    session.drop(1013, "slow");
    assertEquals([clock.timers, ends], [0, [{ end: { code: 1013, reason: "slow" }, unsent: 100 - left }]]);
    assertEquals([session.sender.outbox.queue.size, session.closedFull], [0, true]);
    wire.end();
  }));

Deno.test("a session closed an empty wire if it held nothing, or only what was handed over just now", async () => {
  for (const holds of [false, true]) {
    const { wire, session, send } = open();
    wire.holds = holds;
    session.start();
    send("1");
    await microtasks();
    session.drop(1013, "");
    assertEquals(session.closedFull, false);
    wire.end();
  }
});

Deno.test("the hello of either end says how long it waits for a sign of life, if it does", () => {
  for (
    const [heartbeatMs, told] of [[25_000, 25_000], [0.5, 1], [Infinity, undefined], [2 ** 31, undefined]]
  ) {
    const { session } = open(new FakeWire(), { heartbeatMs: heartbeatMs ?? 0 });
    const control = session.sender.ownHello();
    assertEquals(control.kind === "hello" && control.hello.heartbeatMs, told);
  }
});

Deno.test("a bare client is asked by the pings of a transport that has them, and by those of the protocol from its hello on", () =>
  withClock(async ({ pass }) => {
    let pings = 0;
    const wire = Object.assign(new FakeWire(), { ping: () => void pings++ });
    const { session, ends, sent } = open(wire, { heartbeatMs: 1000, peer: SPOKE_PEER });
    session.start();
    for (let i = 1; i <= 3; i++) {
      await pass(1000);
      assertEquals([pings, sent()], [i, []]);
      session.onSignOfLife();
      await pass(125);
    }
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
    await pass(1000);
    assertEquals([pings, sent(), ends], [3, ["__ping "], []]);
    await pass(1001);
    assertEquals(ends.length, 1);
    wire.end();
  }));

Deno.test("a bare client that answers no ping of its transport is dropped", () =>
  withClock(async ({ pass }) => {
    const wire = Object.assign(new FakeWire(), { ping: () => {} });
    const { session, ends } = open(wire, { heartbeatMs: 1000, peer: SPOKE_PEER });
    session.start();
    await pass(2000);
    assertEquals(ends, []);
    await pass(1);
    assertEquals(ends.map(({ end }) => end.code), [4408]);
    wire.end();
  }));

Deno.test("the largest event is reported if the peer refused a frame for its size, and not if this end did", async () => {
  for (
    const [end, reported] of [
      [{ code: 1009, reason: "too big" }, true],
      [{ code: 1009, error: new RangeError("of the peer") }, false],
      [{ code: 1006 }, false],
    ] as const
  ) {
    const { wire, session, told, send } = open(new FakeWire(), {
      peer: { ...HUB_PEER, assumedMaxFrameBytes: 1e6 },
    });
    session.start();
    wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true } });
    for (const bytes of [1000, 200_000, 100_000]) send("x".repeat(bytes));
    await microtasks();
    wire.end(end);
    const reports = told.filter((each) => each.startsWith("encode"));
    assertEquals(reports.length, reported ? 1 : 0);
    if (reported) assertMatch(reports[0] ?? "", /no event as large as this one of 2000\d\d bytes/);
  }
});

Deno.test("an end that only sent what every peer accepts has no largest event", async () => {
  const { wire, session, told, send } = open();
  session.start();
  for (let i = 0; i < 20; i++) send("x".repeat(10_000));
  await microtasks();
  wire.end({ code: 1009 });
  assertEquals(told.filter((each) => each.startsWith("encode")), []);
});
