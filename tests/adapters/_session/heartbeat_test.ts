import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heartbeat } from "../../../adapters/_session/heartbeat.ts";
import { SendWindow } from "../../../adapters/_session/send_window.ts";
import { withClock } from "../../support/clock.ts";

const INTERVAL_MS = 1000;
const PING_BYTES = 26;
const KIB = 1024;

/** A heartbeat of a wire without a transport, whose pings go behind what the wire holds. */
function open(held = 0) {
  const wire = { bufferedBytes: 0 };
  const window = new SendWindow(wire, Infinity);
  const send = (bytes: number) => {
    window.add(bytes);
    wire.bufferedBytes += bytes;
  };
  send(held);
  const start = performance.now();
  const log: string[] = [];
  const note = (what: string) => void log.push(`${what} ${performance.now() - start}`);
  const heartbeat = new Heartbeat(INTERVAL_MS, window, {
    onSilence() {
      note("ask");
      send(PING_BYTES);
      if (held === 0) leave();
    },
    onDeath() {
      note("death");
      heartbeat.stop();
    },
  });
  const leave = (bytes = Infinity) => {
    wire.bufferedBytes = Math.max(0, wire.bufferedBytes - bytes);
  };
  heartbeat.start();
  return { wire, heartbeat, log, leave, send };
}

Deno.test("a peer is asked after an interval without a sign of life, and is dead after another one", () =>
  withClock(async (clock) => {
    const { log } = open();
    await clock.pass(999);
    assertEquals(log, []);
    await clock.pass(10_000);
    // The question has left in the next turn.
    assertEquals([log, clock.timers], [["ask 1000", "death 2001"], 0]);
  }));

Deno.test("an interval begins when something arrives, and not when the heartbeat looks", () =>
  withClock(async ({ pass }) => {
    const { log, heartbeat } = open();
    await pass(100);
    heartbeat.hear();
    await pass(999);
    assertEquals(log, []);
    await pass(1);
    assertEquals(log, ["ask 1100"]);
    await pass(50);
    heartbeat.hear();
    await pass(1000);
    assertEquals(log, ["ask 1100", "ask 2150"]);
    heartbeat.stop();
  }));

Deno.test("whatever arrives when, a peer is asked within an interval of silence, and never before seven eighths of it", () =>
  withClock(async ({ pass }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1300 }), { minLength: 1, maxLength: 20 }),
        async (pauses) => {
          const begin = performance.now();
          const { log, heartbeat } = open();
          const expected: [from: number, to: number][] = [];
          let last = begin;
          for (const ms of pauses) {
            await pass(ms);
            const now = performance.now();
            // In the same millisecond either can come first.
            if (now - last > INTERVAL_MS) {
              expected.push([last + INTERVAL_MS * 7 / 8 - begin, last + INTERVAL_MS - begin]);
            } else if (now - last > INTERVAL_MS * 7 / 8) return heartbeat.stop();
            heartbeat.hear();
            last = now;
          }
          heartbeat.stop();
          assertEquals(log.length, expected.length, `${log}`);
          for (const [i, each] of log.entries()) {
            const at = Number(each.replace("ask ", ""));
            const [from, to] = expected[i] ?? [0, 0];
            assert(at >= from && at <= to, `${at} is not from ${from} to ${to}`);
          }
        },
      ),
      { numRuns: 100 },
    );
  }));

Deno.test("a peer that answers, however late in its time, lives on", () =>
  withClock(async ({ pass }) => {
    const { log, heartbeat } = open();
    for (let i = 0; i < 5; i++) {
      await pass(1000);
      await pass(999);
      heartbeat.hear();
    }
    assertEquals(log.map((each) => each.split(" ")[0]), Array(5).fill("ask"));
    heartbeat.stop();
  }));

Deno.test("the time of an answer begins when the question has left, and each interval in which 16 KiB leave extends it", () =>
  withClock(async ({ pass }) => {
    const { log, leave, wire } = open(10 * 16 * KIB);
    // The busy line moves, but its peer says nothing.
    await pass(INTERVAL_MS);
    assertEquals(log, ["ask 1000"]);
    for (let i = 0; i < 10; i++) {
      leave(16 * KIB);
      await pass(INTERVAL_MS);
      assertEquals(log.length, 1, `${log}`);
    }
    assertEquals(wire.bufferedBytes, PING_BYTES);
    leave();
    await pass(INTERVAL_MS - 1);
    assertEquals(log.length, 1, `${log}`);
    // It is noticed at the next look, an eighth of an interval later at most.
    await pass(INTERVAL_MS / 4 + 2);
    assertEquals([log.length, log[1]?.startsWith("death")], [2, true]);
  }));

Deno.test("a line that carries less than 16 KiB in an interval does not extend the time", () =>
  withClock(async ({ pass }) => {
    const { log, leave } = open(1024 * KIB);
    await pass(INTERVAL_MS);
    for (let i = 0; i < 8; i++) {
      leave(2 * KIB - 1);
      await pass(INTERVAL_MS / 8);
    }
    await pass(INTERVAL_MS / 8);
    assertEquals(log, ["ask 1000", "death 2000"]);
  }));

Deno.test("a frozen line is found within two intervals, however much waits in it", () =>
  withClock(async ({ pass }) => {
    for (const held of [1, 16 * KIB, 256 * KIB, 16 * 1024 * KIB]) {
      const { log } = open(held);
      await pass(2 * INTERVAL_MS);
      assertEquals(log, ["ask 1000", "death 2000"], `${held} bytes`);
    }
  }));

Deno.test("a question that left just before the end of its interval has a whole one from then on", () =>
  withClock(async ({ pass }) => {
    const { log, leave } = open(1000);
    await pass(INTERVAL_MS);
    await pass(INTERVAL_MS - 200);
    leave();
    await pass(INTERVAL_MS);
    assertEquals(log, ["ask 1000"]);
    await pass(200);
    assertEquals(log.length, 2);
  }));

Deno.test("what is handed over behind the question does not count as ahead of it", () =>
  withClock(async ({ pass }) => {
    const { log, leave, send } = open(64 * KIB);
    await pass(INTERVAL_MS);
    leave(64 * KIB + PING_BYTES);
    // The line stays busy with later frames, of which the peer takes plenty but says nothing.
    for (let i = 0; i < 20 && log.length === 1; i++) {
      send(64 * KIB);
      await pass(INTERVAL_MS / 8);
      leave(64 * KIB);
    }
    const died = Number(log[1]?.replace("death ", ""));
    assert(died > 2 * INTERVAL_MS && died <= 2 * INTERVAL_MS + INTERVAL_MS / 4, `${log}`);
  }));

Deno.test("a process that stood still gives its peer another interval to be read", () =>
  withClock(async ({ pass, standStill }) => {
    const { log, heartbeat } = open();
    await pass(INTERVAL_MS);
    assertEquals(log, ["ask 1000"]);
    await pass(10);
    standStill(60_000);
    await pass(1);
    assertEquals(log, ["ask 1000"], "what has arrived meanwhile is yet to be read");
    heartbeat.hear();
    await pass(INTERVAL_MS);
    assertEquals(log.map((each) => each.split(" ")[0]), ["ask", "ask"]);
    standStill(60_000);
    await pass(2 * INTERVAL_MS);
    assertEquals(log.at(-1)?.split(" ")[0], "death", "but not for ever");
  }));

Deno.test("a heartbeat starts once, holds one timer, and stops for good", () =>
  withClock(async (clock) => {
    const { heartbeat, log } = open();
    heartbeat.start();
    assertEquals(clock.timers, 1);
    await clock.pass(500);
    heartbeat.start();
    assertEquals(clock.timers, 1);
    await clock.pass(500);
    assertEquals(log, ["ask 1000"]);
    heartbeat.stop();
    heartbeat.hear();
    assertEquals(clock.timers, 0);
    await clock.pass(5000);
    assertEquals(log.length, 1);
  }));
