import { assert, assertEquals, assertMatch } from "@std/assert";
import { microtasks, withClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { testSocketBounds } from "../../support/socket_bounds.ts";
import { eventsOf, open } from "../../support/wire_hub.ts";

const WINDOW = 256 * 1024;
const LIVENESS_PING = '{"type":"__ping","id":""}';

/** A socket whose peer reads nothing. */
function unread(): FakeSocket {
  const socket = new FakeSocket();
  socket.holds = true;
  return socket;
}

/** A frame of equal envelopes. */
function frameOf(count: number, envelope: string): string {
  return `[${Array(count).fill(envelope).join(",")}]`;
}

Deno.test("a peer that pings and never reads holds the frames of one window, and one sign of life beyond them", () =>
  withClock(async ({ pass }) => {
    const { hub, add, end } = open();
    const { socket, spoke } = add(undefined, undefined, unread());
    for (let i = 0; i < 17; i++) {
      socket.fire("message", { data: frameOf(37_000, LIVENESS_PING) });
      await pass(5);
    }
    assert(socket.sent.length < 400, `${socket.sent.length} frames`);
    assert(socket.bufferedAmount < WINDOW);
    // Once it reads, it is answered at once.
    const before = socket.sent.length;
    socket.leave();
    await pass(50);
    assertEquals([socket.sent.length, spoke.status.state, hub.connectionCount], [before + 1, "open", 1]);
    await end(socket);
  }));

Deno.test("a peer that asks for other answers and never reads is slow by what their frames cost, not by what they weigh", () =>
  withClock(async ({ pass }) => {
    for (const graceMs of [1000, Infinity]) {
      const { add, log, end } = open({ backpressureGraceMs: graceMs });
      const { socket } = add(undefined, undefined, unread());
      let asked = 0;
      for (; asked < 40_000 && socket.closes.length === 0; asked += 100) {
        socket.fire("message", { data: frameOf(100, '{"type":"__ping","id":"r"}') });
        await pass(50);
      }
      assertEquals([socket.closes[0]?.code, log.includes("backpressure")], [1013, true]);
      // 16 MiB of frames of 1,024 bytes and their own, and what is asked in four seconds beyond 1 MiB.
      assert(asked <= (graceMs === Infinity ? 16_600 : 10_000), `${asked} answers`);
      assert(socket.bufferedAmount <= WINDOW);
      socket.fire("close");
      await end();
    }
  }));

Deno.test("small events that a bare client does not read count with what their frames cost", () =>
  withClock(async ({ pass }) => {
    const { add, publish, log, end } = open();
    const { socket } = add(["n"], undefined, unread());
    let published = 0;
    for (; published < 100_000 && socket.closes.length === 0; published += 100) {
      for (let i = 0; i < 100; i++) publish("n", "");
      await pass(100);
    }
    assertEquals(log, ["connection", "backpressure", "disconnection"]);
    // A thousand frames are a megabyte; four seconds later it is slow.
    assert(published >= 1000 && published <= 6000, `${published} events`);
    socket.fire("close");
    await end();
  }));

Deno.test("one frame of many smallest events makes bare clients that read nothing slow, and no other", async () => {
  const { hub, add, end, log } = open();
  hub.listen("*", undefined, { onEvent: (envelope) => hub.publish(envelope) });
  const bare = Array.from({ length: 10 }, () => add(["*"], undefined, unread()).socket);
  const batched = Array.from({ length: 10 }, () => add(["*"], { batch: true }, unread()).socket);
  const { socket: sender } = add();
  sender.fire("message", { data: frameOf(20_000, '{"type":"a","id":""}') });
  await microtasks();
  assertEquals(bare.map(({ closes }) => closes[0]?.code), Array(10).fill(1013));
  assertEquals(batched.map(({ closes }) => closes.length), Array(10).fill(0));
  for (const socket of bare) assert(socket.sent.length < 400, `${socket.sent.length} frames`);
  assertEquals(log.filter((each) => each === "backpressure").length, 10);
  for (const socket of bare) socket.fire("close");
  await end(sender, ...batched);
});

Deno.test("a hello with maxFrameBytes: 1 makes no event a report, and a larger event one report a spoke", async () => {
  const { add, publish, reports, end } = open();
  const sockets = Array.from({ length: 20 }, () => add(["*"], { batch: true, maxFrameBytes: 1 }).socket);
  for (let i = 0; i < 500; i++) publish("n", `${i}`, { n: i });
  await microtasks();
  assertEquals(reports, []);
  for (const socket of sockets) assertEquals(eventsOf(socket).length, 500);
  for (let i = 0; i < 5; i++) publish("large", `${i}`, "x".repeat(70_000));
  await microtasks();
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), Array(20).fill(["encode", "large:0"]));
  await end(...sockets);
});

Deno.test("a burst of 12 MB is no fault, whatever the socket holds of it", () =>
  withClock(async ({ pass }) => {
    const { add, publish, log, end } = open();
    const { socket } = add(["n"], { batch: true }, unread());
    for (let i = 0; i < 1200; i++) publish("n", `${i}`, "x".repeat(10_000));
    await microtasks();
    assert(socket.bufferedAmount <= WINDOW, `${socket.bufferedAmount} bytes`);
    for (let i = 0; i < 200; i++) {
      socket.leave();
      await pass(10);
    }
    assertEquals([log, eventsOf(socket).length], [["connection"], 1200]);
    await end(socket);
  }));

testSocketBounds("Deno", (options) => serveHub(options), "platform");
testSocketBounds("ws", serveNodeHub, "ws");

for (const library of ["platform", "ws"] as const) {
  Deno.test(`an event that a server refuses with 1009 costs the link a connection, and is reported and not sent again (${library})`, async () => {
    await using served = await serveNodeHub({}, { maxPayload: 100_000 });
    const heard: string[] = [];
    served.hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
    await using open = openReconnectingLink(served.url, {}, library);
    await open.link.flush();
    open.link.publish({ type: "n", id: "before", payload: null });
    open.link.publish({ type: "n", id: "large", payload: "x".repeat(200_000) });
    await eventually(() => open.states().includes("open, gap"));
    assertEquals(open.statuses.find(({ state }) => state === "reconnecting")?.code, 1009);
    open.link.publish({ type: "n", id: "after", payload: null });
    await open.link.flush();
    assertEquals(heard, ["before", "after"]);
    const reports = open.faults.filter(({ context }) => context.stage === "encode");
    assertEquals(reports.map(({ context }) => context.topic), ["n:large"]);
    assertMatch(String(reports[0]?.error), /RangeError: .* 2000\d\d bytes/);
    assertEquals(served.hub.connectionCount, 1);
  });
}
