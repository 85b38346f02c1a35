import { createInProcessEventTarget } from "@alkdev/pubsub";
import { assertEquals } from "@std/assert";
import { blockFor } from "../../support/block_for.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { open as openHub, type OpenHub } from "../../support/wire_hub.ts";

/** A hub that is one of several on a bus. */
function open(options: { heartbeatMs?: number } = {}): OpenHub {
  return openHub({ ...options, upstream: createInProcessEventTarget() });
}

Deno.test("a hub that stood still for more than two heartbeats drops all its connections", () =>
  withClock(async (clock) => {
    const { hub, add, end, reports, counts, log } = open({ heartbeatMs: 1000 });
    const sockets = [add(["news"], {}).socket, add().socket];
    await clock.pass(900);
    clock.standStill(2100);
    assertEquals(sockets.map(({ closes }) => closes.at(-1)?.code), [4408, 4408]);
    assertEquals(sockets[0]?.closes.at(-1)?.reason, "the hub stood still for 2000 ms");
    assertEquals(reports.filter(({ target }) => target === hub), [{
      stage: "connect",
      error: "Error: All 2 connections are dropped: the hub stood still for 2000 ms",
      topic: undefined,
      target: hub,
    }]);
    sockets[0]?.receive("news", "1");
    assertEquals([counts(), log.slice(-2)], [[0, 2, 0], ["disconnection", "disconnection"]]);
    // Later connections are not affected, however long that takes.
    await clock.pass(10_000);
    const { socket } = add(["news"], {});
    await clock.pass(1500);
    socket.receive("news", "2");
    assertEquals(counts(), [1, 2, 1]);
    for (const gone of sockets) gone.fire("close");
    await end(socket);
  }));

Deno.test("a hub that stood still reads no frame that arrives before its timer", async () => {
  const { hub, add, end, counts } = open({ heartbeatMs: 20 });
  const heard: string[] = [];
  hub.listen("news", undefined, { onEvent: ({ id }) => void heard.push(id) });
  const { socket } = add();
  socket.receive("news", "1");
  blockFor(100);
  socket.receive("news", "2");
  assertEquals([heard, counts()], [["1"], [0, 1, 0]]);
  socket.fire("close");
  // It watches again with the next connection.
  const next = add().socket;
  blockFor(100);
  next.receive("news", "3");
  assertEquals([heard, counts()], [["1"], [0, 1, 0]]);
  next.fire("close");
  await end();
});

Deno.test("a hub that was busy for less than a heartbeat drops no connection", () =>
  withClock(async (clock) => {
    const { add, end, counts, reports } = open({ heartbeatMs: 1000 });
    const { socket } = add();
    for (let i = 0; i < 5; i++) {
      clock.standStill(1999);
      socket.receive("news", String(i));
      await clock.pass(1);
    }
    assertEquals([counts(), reports], [[1, 0, 0], []]);
    await end(socket);
  }));

Deno.test("a hub without heartbeatMs, or without connections, sets no timer", () =>
  withClock(async (clock) => {
    const without = open();
    const { socket } = without.add();
    assertEquals(clock.timers, 0);
    clock.standStill(2 ** 40);
    assertEquals(without.counts(), [1, 0, 0]);
    await without.end(socket);

    const { add, end } = open({ heartbeatMs: 1000 });
    assertEquals(clock.timers, 0);
    const others = [add().socket, add().socket];
    assertEquals(clock.timers, 1, "one for all connections");
    others[0]?.fire("close");
    assertEquals(clock.timers, 1);
    others[1]?.fire("close");
    assertEquals(clock.timers, 0);
    await microtasks();
    await end();
  }));

Deno.test("a hub that stood still keeps its spokes if they cannot have turned to another hub", () =>
  withClock(async (clock) => {
    const upstream = createInProcessEventTarget();
    const hubs = [
      openHub({ heartbeatMs: 1000 }),
      openHub({ heartbeatMs: 1000, upstream }, { exclusive: true }),
    ];
    for (const { add, counts, end } of hubs) {
      const { socket } = add();
      clock.standStill(10_000);
      socket.receive("news", "1");
      assertEquals([counts(), clock.timers], [[1, 0, 0], 0]);
      await end(socket);
    }
  }));
