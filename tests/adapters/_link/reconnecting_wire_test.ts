import { assertEquals, assertThrows } from "@std/assert";
import { reconnectingWire } from "../../../adapters/_link/reconnecting_wire.ts";
import type { WireEnd } from "../../../adapters/_wire/wire.ts";
import { randomFrom } from "../../../scripts/lib/random.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { openReconnecting } from "../../support/reconnecting_link.ts";

/** The next wires after several ends, each of a connection that was up for some time. */
function follow(
  wire: ReturnType<typeof reconnectingWire<FakeWire, string>>,
  ends: readonly (WireEnd & { upMs?: number })[],
): [attempt: number, delayMs: number][] {
  const rows: [number, number][] = [];
  for (const { upMs = 0, ...end } of ends) {
    const next = wire.next?.(end, upMs);
    if (next === undefined) break;
    rows.push([next.attempt, next.delayMs]);
    wire = next.wire;
  }
  return rows;
}

function wireWith(random: () => number, options = {}) {
  return reconnectingWire<FakeWire, string>(() => new FakeWire(), (wire) => wire, options, random);
}

Deno.test("the longest delay doubles from 0.5 s to 20 s", () => {
  const rows = follow(wireWith(() => 1), Array(8).fill({}));
  assertEquals(rows, [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000].map((ms, i) => [i + 1, ms]));
});

Deno.test("the delay is a random time from 0 to the longest", () => {
  const random = randomFrom(7);
  const again = randomFrom(7);
  const rows = follow(wireWith(random), Array(40).fill({}));
  assertEquals(rows, rows.map((_, i) => [i + 1, again() * Math.min(500 * 2 ** i, 20_000)]));
  assertEquals(follow(wireWith(() => 0), Array(3).fill({})), [[1, 0], [2, 0], [3, 0]]);
});

Deno.test("a thousand spokes that lose their hub in one moment return evenly spread", () => {
  const random = randomFrom(1);
  const tenths = Array(10).fill(0);
  for (let i = 0; i < 1000; i++) {
    const [[, delayMs] = [0, 0]] = follow(wireWith(random), [{}]);
    tenths[Math.floor(delayMs / 50)]++;
  }
  assertEquals(tenths.filter((count) => count < 70 || count > 130), []);
});

Deno.test("the delays start again after a connection of five seconds, but not after a shorter one", () => {
  const delays = (upMs: number) => follow(wireWith(() => 1), [{}, {}, {}, { upMs }, {}]);
  assertEquals(delays(5000), [[1, 500], [2, 1000], [3, 2000], [1, 500], [2, 1000]]);
  assertEquals(delays(4999), [[1, 500], [2, 1000], [3, 2000], [4, 4000], [5, 8000]]);
});

Deno.test("the delays can be set by options", () => {
  const options = { reconnectDelayMs: 10, maxReconnectDelayMs: 30 };
  assertEquals(follow(wireWith(() => 1, options), Array(4).fill({})), [[1, 10], [2, 20], [3, 30], [4, 30]]);
});

Deno.test("an infinite delay is the longest that a timer can wait", () => {
  const options = { reconnectDelayMs: 1, maxReconnectDelayMs: Infinity };
  const rows = follow(wireWith(() => 1, options), Array(1100).fill({}));
  assertEquals(rows.at(-1), [1100, 2 ** 31 - 1]);
  const undefinedOptions = { reconnectDelayMs: undefined, maxReconnectDelayMs: undefined };
  assertEquals(follow(wireWith(() => 1, undefinedOptions), [{}]), [[1, 500]]);
});

Deno.test("a first delay beyond the longest by default is the longest itself", () => {
  for (const [reconnectDelayMs, delayMs] of [[30_000, 30_000], [Infinity, 2 ** 31 - 1]] as const) {
    assertEquals(follow(wireWith(() => 1, { reconnectDelayMs }), [{}, {}]), [[1, delayMs], [2, delayMs]]);
  }
});

Deno.test("an invalid delay throws a RangeError", () => {
  for (const value of [NaN, -1, 0, "1"]) {
    const bad = { reconnectDelayMs: value };
    assertThrows(
      () => wireWith(() => 1, bad),
      RangeError,
      `as reconnectDelayMs: it must be a number of at least 1`,
    );
  }
  const less = { reconnectDelayMs: 100, maxReconnectDelayMs: 99 };
  assertThrows(
    () => wireWith(() => 1, less),
    RangeError,
    "as maxReconnectDelayMs: it must be a number of at least 100",
  );
});

Deno.test("the fatal close codes end the link, and every other code, or none, leads to another attempt", () => {
  const fatal: number[] = [];
  for (let code = 0; code < 5000; code++) {
    if (follow(wireWith(() => 1), [{ code }]).length === 0) fatal.push(code);
  }
  const client = Array.from({ length: 100 }, (_, i) => 4400 + i).filter((code) =>
    code !== 4408 && code !== 4429
  );
  assertEquals(fatal, [1002, 1003, 1007, 1008, 1010, ...client]);
  assertEquals(follow(wireWith(() => 1), [{}]), [[1, 500]]);
});

Deno.test("an attempt is made when its delay is over, and not before", () =>
  withClock(async ({ pass, timers }) => {
    const { close, attempts, statuses, lose, open } = openReconnecting({ random: () => 1 });
    assertEquals(attempts.length, 0, "called before the factory has returned");
    await open();
    lose();
    assertEquals(statuses.at(-1)?.delayMs, 500);
    await pass(499);
    assertEquals(attempts.length, 1);
    await pass(1);
    assertEquals(attempts.length, 2);
    lose();
    await pass(999);
    assertEquals(attempts.length, 2);
    await pass(1);
    assertEquals(attempts.length, 3);
    await close();
    assertEquals(timers, 0);
  }));

Deno.test("a connection that was up for five seconds, by the clock, resets the attempts", () =>
  withClock(async ({ pass }) => {
    const { close, statuses, lose, open } = openReconnecting();
    await microtasks();
    for (const delayMs of [250, 500]) {
      lose();
      await pass(delayMs);
    }
    await open();
    await pass(4999);
    lose();
    assertEquals([statuses.at(-1)?.attempt, statuses.at(-1)?.delayMs], [3, 1000]);
    await pass(1000);
    await open();
    await pass(5000);
    lose();
    assertEquals([statuses.at(-1)?.attempt, statuses.at(-1)?.delayMs], [1, 250]);
    await close();
  }));

Deno.test("a detached wire leaves its connection open, and reports nothing more", async () => {
  const inner = new FakeWire("connecting");
  const told: string[] = [];
  const wire = reconnectingWire<FakeWire, string>(() => inner, (each) => each, {});
  wire.start({
    onOpen: () => void told.push("open"),
    onFrame: () => void told.push("frame"),
    onSignOfLife: () => void told.push("sign of life"),
    onEnd: () => void told.push("end"),
  });
  await microtasks();
  inner.open();
  inner.bufferedBytes = 7;
  assertEquals([wire.state, wire.bufferedBytes], ["open", 7]);
  wire.detach();
  inner.receive("late");
  inner.end();
  assertEquals([told, inner.closes], [["open"], []]);
});

Deno.test("a wire is started in the turn that makes it, so that nothing arrives before", async () => {
  const order: string[] = [];
  class TracedWire extends FakeWire {
    override start(): void {
      order.push("start");
    }
  }
  const wire = reconnectingWire(() => Promise.resolve(new TracedWire()), (made) => {
    order.push("made");
    queueMicrotask(() => void order.push("next microtask"));
    return made;
  }, {});
  wire.start({ onOpen() {}, onFrame() {}, onSignOfLife() {}, onEnd() {} });
  await microtasks();
  assertEquals(order, ["made", "start", "next microtask"]);
});
