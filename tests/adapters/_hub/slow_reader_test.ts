import { assert, assertEquals } from "@std/assert";
import { SlowReader } from "../../../adapters/_hub/slow_reader.ts";
import { Outbox } from "../../../adapters/_session/outbox.ts";
import { SPOKE_PEER } from "../../../adapters/_session/parts.ts";
import { WINDOW_BYTES } from "../../../adapters/_session/send_window.ts";
import { Traffic } from "../../../adapters/_session/traffic.ts";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { type TestClock, withClock } from "../../support/clock.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GRACE_MS = 1000;

const EMPTY_BYTES = codec.encode({ type: "n", id: "", payload: "" }, false).bytes;

/** A watched outbox, in which events of a size wait. */
function open({ waiting = 0, eventBytes = 16 * KIB, threshold = 100 * KIB, graceMs = GRACE_MS } = {}) {
  const wire = new FakeWire();
  wire.holds = true;
  const peer = { ...SPOKE_PEER, speaksProtocol: true };
  const outbox = new Outbox(
    { wire, codec, peer, traffic: new Traffic() },
    { fail: (error) => assertEquals(error, undefined) },
  );
  outbox.open();
  const send = (bytes: number) => {
    const event = codec.encode({ type: "n", id: "", payload: "x".repeat(bytes - EMPTY_BYTES) }, false);
    outbox.push(event);
    outbox.flush();
  };
  const start = performance.now();
  const slow: number[] = [];
  const reader = new SlowReader(outbox, threshold, graceMs, () => void slow.push(performance.now() - start));
  for (let rest = waiting; rest > 0; rest -= eventBytes) send(Math.min(rest, eventBytes));
  reader.watch();
  /** The grace time of what is in the socket: about four times the option if it is full. */
  const timeMs = graceMs * Math.max(1, wire.bufferedBytes / (64 * KIB));
  const stop = () => {
    reader.stop();
    outbox.stop();
  };
  return { wire, outbox, reader, slow, send, stop, timeMs };
}

/** Lets bytes leave at a rate, in steps. */
async function drain(
  { pass }: TestClock,
  wire: FakeWire,
  { bytesPerSecond, seconds, stepMs }: { bytesPerSecond: number; seconds: number; stepMs: number },
): Promise<void> {
  for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
    await pass(stepMs);
    wire.leave(bytesPerSecond * stepMs / 1000);
  }
}

Deno.test("a burst that is read is no fault, and ends the watch", () =>
  withClock(async (clock) => {
    const { wire, outbox, reader, slow } = open({ waiting: 5 * MIB });
    await drain(clock, wire, { bytesPerSecond: 2 * MIB, seconds: 5, stepMs: 50 });
    assertEquals([slow, reader.isWatching, outbox.cost, clock.timers], [[], false, 0, 0]);
  }));

Deno.test("a reader that takes nothing, or a byte a second, is slow after four grace times with a full socket", () =>
  withClock(async (clock) => {
    for (const bytesPerSecond of [0, 1]) {
      const { wire, slow, stop, timeMs } = open({ waiting: 2 * MIB });
      assert(timeMs > 3.5 * GRACE_MS && timeMs <= 4 * GRACE_MS, `${timeMs} ms`);
      await drain(clock, wire, { bytesPerSecond, seconds: 4.5, stepMs: 100 });
      assertEquals(slow, [Math.floor(timeMs)]);
      stop();
    }
  }));

Deno.test("a reader whose socket holds little is slow after one grace time", () =>
  withClock(async (clock) => {
    const { slow, stop } = open({ waiting: 40 * KIB, threshold: 10 * KIB });
    await clock.pass(GRACE_MS - 1);
    assertEquals(slow, []);
    await clock.pass(1);
    assertEquals(slow, [GRACE_MS]);
    stop();
  }));

for (
  const [name, steps] of [
    ["a little at a time", 40],
    ["a whole window at a time, as `npm:ws` reports it", 1],
  ] as const
) {
  Deno.test(`a slow line that moves is not slow, however long that takes: ${name}`, () =>
    withClock(async (clock) => {
      const { wire, outbox, slow, stop, timeMs } = open({ waiting: 5 * MIB });
      // A full socket leaves just within its grace time.
      const stepMs = timeMs * 0.95 / steps;
      const bytesPerSecond = WINDOW_BYTES / (timeMs * 0.95) * 1000;
      await drain(clock, wire, { bytesPerSecond, seconds: 120, stepMs });
      assertEquals([slow, outbox.cost], [[], 0]);
      stop();
    }));
}

Deno.test("half as much again as 64 KiB in the grace time of a full socket is enough, and less than 64 KiB is not", () =>
  withClock(async (clock) => {
    for (const [share, isSlow] of [[1.5, false], [0.95, true]] as const) {
      const { wire, slow, stop, timeMs } = open({ waiting: 2 * MIB });
      const bytesPerSecond = share * 64 * KIB / timeMs * 1000;
      await drain(clock, wire, { bytesPerSecond, seconds: 60, stepMs: 100 });
      assertEquals(slow.length > 0, isSlow, `${bytesPerSecond} bytes a second`);
      stop();
    }
  }));

Deno.test("one large frame has time in proportion, and may leave in one step at its end", () =>
  withClock(async (clock) => {
    for (const leaves of [true, false]) {
      const { wire, slow, stop } = open({ waiting: MIB, eventBytes: MIB });
      await clock.pass(15 * GRACE_MS);
      assertEquals([slow, wire.bufferedBytes], [[], MIB]);
      if (leaves) wire.leave();
      await clock.pass(2 * GRACE_MS);
      assertEquals(slow.length, leaves ? 0 : 1);
      stop();
    }
  }));

Deno.test("the time is that of the frame in the socket, also if it was handed over after the watch began", () =>
  withClock(async (clock) => {
    for (const leaves of [true, false]) {
      const { wire, reader, slow, outbox, stop } = open();
      reader.stop();
      outbox.push(codec.encode({ type: "n", id: "", payload: "x".repeat(MIB - EMPTY_BYTES) }, false));
      reader.watch();
      outbox.flush();
      await clock.pass(15 * GRACE_MS);
      assertEquals([slow, wire.bufferedBytes], [[], MIB]);
      if (leaves) wire.leave();
      await clock.pass(GRACE_MS);
      assertEquals(slow, leaves ? [] : [16 * GRACE_MS]);
      stop();
    }
  }));

Deno.test("a reader for which no more than the threshold waits any more is not slow, and starts anew", () =>
  withClock(async (clock) => {
    const { wire, reader, slow, send, stop } = open({ waiting: 110 * KIB });
    await clock.pass(500);
    wire.leave(20 * KIB);
    await clock.pass(5000);
    assertEquals([slow, reader.isWatching], [[], false]);
    send(30 * KIB);
    reader.watch();
    const watched = performance.now();
    await clock.pass(5000);
    assertEquals(slow.length, 1);
    assert(performance.now() - watched >= GRACE_MS);
    stop();
  }));

Deno.test("exactly the threshold may wait for ever", () =>
  withClock(async (clock) => {
    const { reader, slow } = open({ waiting: 50 * KIB, eventBytes: 50 * KIB, threshold: 50 * KIB });
    await clock.pass(100_000);
    assertEquals([slow, reader.isWatching, clock.timers], [[], false, 0]);
  }));

Deno.test("the longest grace time is not cut short by a full socket, and the end leaves no timer", () =>
  withClock(async (clock) => {
    const { slow, stop } = open({ waiting: 2 * MIB, graceMs: MAX_TIMER_MS });
    await clock.pass(100_000);
    assertEquals(slow, []);
    stop();
    assertEquals(clock.timers, 0);
  }));

Deno.test("a process that is late starts the time again, since it has not sent what it could", () =>
  withClock(async (clock) => {
    const { slow, stop, timeMs } = open({ waiting: MIB });
    await clock.pass(timeMs - 1);
    clock.standStill(timeMs);
    await clock.pass(timeMs - 1);
    assertEquals(slow, []);
    await clock.pass(timeMs);
    assertEquals(slow.length, 1);
    stop();
  }));
