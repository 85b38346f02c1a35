import { assert, assertEquals } from "@std/assert";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

Deno.test("a function that throws or rejects is reported as failed, and is called again", () =>
  withClock(async ({ pass }) => {
    const results: (() => FakeWire | Promise<FakeWire>)[] = [
      () => {
        throw new Error("thrown");
      },
      () => Promise.reject(new Error("rejected")),
      () => Promise.reject(undefined),
      () => Promise.resolve(new FakeWire("connecting")),
    ];
    const { open, states, reports, close } = openReconnecting({
      connect: () => results.shift()?.() ?? new FakeWire(),
    });
    // Each failure is reported a turn later.
    for (const delayMs of [1, 251, 501, 1000]) await pass(delayMs);
    await open();
    assertEquals(states(), ["connecting", "connecting", "connecting", "open"]);
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
      "connect Error: thrown",
      "connect Error: rejected",
      "connect Error: There is no connection",
    ]);
    await close();
  }));

Deno.test("a program that calls reconnect() at each failure of a function leaves timers their turns", async () => {
  let attempts = 0;
  const { link, close } = openReconnecting({
    connect: () => {
      // Without turns for timers, this would be reached within one microtask checkpoint.
      if (++attempts === 10_000) void link.close();
      throw new Error("no network");
    },
    onStatus: ({ state }) => void (state === "connecting" && link.reconnect()),
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(attempts > 1 && attempts < 1000, `${attempts} attempts before a timer of 50 ms`);
  await close();
});

Deno.test("a function that hangs has failed after connectTimeoutMs, and a connection that it returns later is closed", () =>
  withClock(async ({ pass }) => {
    const pending: ((wire: FakeWire) => void)[] = [];
    const { attempts, reports, statuses, open, close, wires } = openReconnecting({
      connect: () => new Promise((resolve) => pending.push(resolve)),
      connectTimeoutMs: 3000,
    });
    await pass(2999);
    assertEquals([attempts[0]?.signal.aborted, statuses], [false, []]);
    await pass(1);
    assertEquals([attempts[0]?.signal.aborted, statuses.map(({ attempt }) => attempt)], [true, [1]]);
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
      "connect TimeoutError: The connection was not open after 3000 ms",
    ]);
    await pass(250);
    const late = new FakeWire("connecting");
    pending[0]?.(late);
    pending[1]?.(new FakeWire("connecting"));
    await microtasks();
    assertEquals([late.closes.length, wires.length], [1, 2]);
    late.open();
    late.receiveEnvelopes({ type: "__bye", id: "" });
    late.end({ code: 1008 });
    await open();
    assertEquals([statuses.at(-1), late.frames], [{ state: "open" }, []]);
    await close();
  }));

Deno.test("a connection that hangs has failed after connectTimeoutMs, and is closed", () =>
  withClock(async ({ pass }) => {
    const { statuses, wires, close, last } = openReconnecting({ connectTimeoutMs: 3000 });
    await pass(3000);
    assertEquals([wires[0]?.closes.length, statuses.length], [1, 1]);
    wires[0]?.open();
    await pass(250);
    assertEquals([wires.length, last().frames, statuses.length], [2, [], 1]);
    await pass(2999);
    last().open();
    last().answerHello();
    await pass(3000);
    assertEquals(statuses.at(-1), { state: "open" }, "it was open in time");
    await close();
  }));

Deno.test("an open connection that a function returns is used, and a closed one has failed", () =>
  withClock(async ({ pass }) => {
    const wires = [new FakeWire("closed"), new FakeWire("open")];
    const { states, last, close, publish } = openReconnecting({
      connect: () => wires.shift() ?? new FakeWire(),
    });
    await microtasks();
    last().end({ code: 1006 });
    publish("a");
    await pass(250);
    last().answerHello();
    assertEquals([states(), sentOn(last())], [["connecting", "open"], ["__hello", "n a"]]);
    await close();
  }));
