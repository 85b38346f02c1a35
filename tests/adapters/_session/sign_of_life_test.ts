import { assertEquals } from "@std/assert";
import { HUB_PEER, type PeerPolicy, SPOKE_PEER } from "../../../adapters/_session/parts.ts";
import { Session } from "../../../adapters/_session/session.ts";
import { sessionBounds } from "../../../adapters/_session/options.ts";
import { SignOfLife } from "../../../adapters/_session/sign_of_life.ts";
import { Traffic } from "../../../adapters/_session/traffic.ts";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, type TestClock, withClock } from "../../support/clock.ts";

function open(heartbeatMs: number) {
  const outbox = { isQuiet: false };
  const sign = new SignOfLife(heartbeatMs, outbox, () => {
    sent.push(performance.now());
    outbox.isQuiet = false;
  });
  const sent: number[] = [];
  return { outbox, sign, sent };
}

Deno.test("what a peer sends is answered within half of its interval, and once", () =>
  withClock(async ({ pass }) => {
    const { sign, sent } = open(1000);
    const start = performance.now();
    sign.owe();
    for (let i = 0; i < 4; i++) {
      await pass(100);
      sign.owe();
    }
    await pass(100);
    assertEquals(sent.map((at) => at - start), [500]);
    await pass(5000);
    assertEquals(sent.length, 1);
    sign.owe();
    await pass(500);
    assertEquals(sent.length, 2);
  }));

Deno.test("a peer that was sent anything since is not answered", () =>
  withClock(async ({ pass }) => {
    const { sign, sent, outbox } = open(1000);
    for (let i = 0; i < 5; i++) {
      sign.owe();
      await pass(300);
      // Something leaves.
      outbox.isQuiet = false;
      await pass(300);
    }
    assertEquals(sent, []);
    // What arrives after it is answered, even before a whole half of the interval is over.
    sign.owe();
    outbox.isQuiet = false;
    await pass(400);
    sign.owe();
    await pass(100);
    assertEquals(sent.length, 1);
  }));

Deno.test("no peer can ask for a timer without end", () =>
  withClock(async (clock) => {
    const { sign, sent } = open(1);
    for (let i = 0; i < 1000; i++) sign.owe();
    assertEquals(clock.timers, 1);
    await clock.pass(9);
    assertEquals(sent, []);
    await clock.pass(1);
    assertEquals([sent.length, clock.timers], [1, 0]);
  }));

Deno.test("nothing is sent after the end", () =>
  withClock(async (clock) => {
    const { sign, sent } = open(1000);
    sign.owe();
    sign.stop();
    assertEquals(clock.timers, 0);
    await clock.pass(5000);
    assertEquals(sent, []);
  }));

/** A session over a wire without a transport. */
function openSession(heartbeatMs: number, peer: PeerPolicy) {
  const wire = new FakeWire();
  const bounds = sessionBounds({ heartbeatMs });
  const reporter = { report() {}, reportDropped() {} };
  const session = new Session({ wire, codec, bounds, peer, reporter, traffic: new Traffic() }, {
    onOpen() {},
    onEvent: () => true,
    onControl: () => true,
    onEnd() {},
    onReleased() {},
  });
  session.start();
  /** The peer says hello, and is answered. */
  const hello = async (clock: TestClock, peerMs?: number) => {
    wire.receiveEnvelopes({
      type: "__hello",
      id: "",
      payload: { version: 1, batch: true, ...(peerMs !== undefined && { heartbeatMs: peerMs }) },
    });
    session.sender.sendControl({ kind: "hello", hello: { version: 1, batch: true } });
    await clock.pass(500);
    assertEquals([wire.envelopes.length, clock.timers], [1, 0]);
    wire.frames.length = 0;
  };
  const sent = () => wire.envelopes.map(({ type, id }) => `${type} ${id}`);
  return { wire, session, hello, sent };
}

Deno.test("an end that only receives answers before its peer asks, whatever it receives", () =>
  withClock(async (clock) => {
    const { pass } = clock;
    for (const peer of [HUB_PEER, SPOKE_PEER]) {
      const { wire, hello, sent } = openSession(Infinity, peer);
      await hello(clock, 1000);
      const frames = [
        '{"type":"n","id":""}',
        '{"type":"__new","id":""}',
        '[{"type":"__pong","id":""},{"type":"n"}]',
      ];
      for (const [asked, frame] of frames.entries()) {
        wire.receive(frame);
        await pass(499);
        assertEquals(sent(), Array(asked).fill("__pong "));
        await pass(1);
        assertEquals(sent(), Array(asked + 1).fill("__pong "));
      }
      wire.end();
    }
  }));

Deno.test("an end that sends events anyway, and a peer that did not say how long it waits, cost no sign of life", () =>
  withClock(async (clock) => {
    const busy = openSession(Infinity, SPOKE_PEER);
    await busy.hello(clock, 1000);
    for (let i = 0; i < 10; i++) {
      busy.wire.receiveEnvelopes({ type: "n", id: "in" });
      busy.session.sender.send(codec.encode({ type: "n", id: "out", payload: null }, false));
      await microtasks();
      await clock.pass(400);
    }
    assertEquals(new Set(busy.sent()), new Set(["n out"]));
    busy.wire.end();
    for (const heartbeatMs of [undefined, 0, -1, 1.5, 2 ** 31]) {
      const { wire, hello, sent } = openSession(Infinity, SPOKE_PEER);
      await hello(clock, heartbeatMs);
      wire.receiveEnvelopes({ type: "n", id: "in" });
      assertEquals(clock.timers, 0);
      await clock.pass(100_000);
      assertEquals(sent(), []);
      wire.end();
    }
  }));

Deno.test("signs of life are not answered by signs of life", () =>
  withClock(async (clock) => {
    const { wire, hello, sent } = openSession(Infinity, SPOKE_PEER);
    await hello(clock, 1000);
    wire.receiveEnvelopes({ type: "__pong", id: "" });
    assertEquals(clock.timers, 0);
    wire.receiveEnvelopes({ type: "__ping", id: "" });
    await clock.pass(10_000);
    assertEquals(sent(), ["__pong "]);
    wire.end();
  }));

Deno.test("two ends that hear each other ask rarely, and an idle connection carries two frames an interval at most", () =>
  withClock(async (clock) => {
    const ends = [openSession(1000, HUB_PEER), openSession(1000, SPOKE_PEER)] as const;
    const counts = [0, 0];
    for (const [i, { wire }] of ends.entries()) {
      wire.send = (frame) => {
        counts[i] = (counts[i] ?? 0) + 1;
        setTimeout(() => ends[1 - i]?.wire.receive(frame), 5);
      };
    }
    const hello = { type: "__hello", id: "", payload: { version: 1, batch: true, heartbeatMs: 1000 } };
    for (const { wire } of ends) wire.receiveEnvelopes(hello);
    await clock.pass(20_000);
    assertEquals(ends.map(({ wire }) => wire.closes), [[], []]);
    assertEquals(counts.map((count) => count > 15 && count < 45), [true, true], `${counts} frames`);
    for (const { wire } of ends) wire.end();
    await clock.pass(10);
  }));
