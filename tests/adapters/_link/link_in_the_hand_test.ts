import { assertEquals, assertInstanceOf } from "@std/assert";
import { createLink } from "../../../adapters/_link/create_link.ts";
import type { ConnectionEnd } from "../../../adapters/_link/options.ts";
import { jsonCodec } from "../../../adapters/_wire/json_codec.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { capturePrinted } from "../../support/printed.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

Deno.test("reconnect() makes the attempt that the link waits for at once, and only once", () =>
  withClock(async ({ pass }) => {
    const { link, open, lose, attempts, states, close } = openReconnecting();
    await open();
    lose();
    await pass(10);
    for (let i = 0; i < 3; i++) link.reconnect();
    await open();
    await pass(60_000);
    assertEquals([attempts.length, states()], [2, ["open", "reconnecting", "open, gap"]]);
    await close();
  }));

Deno.test("after reconnect() the delays start again, so that an attempt that comes too early costs little", () =>
  withClock(async ({ pass }) => {
    const { link, lose, statuses, open, close } = openReconnecting({ random: () => 1 });
    await microtasks();
    for (let i = 0; i < 6; i++) {
      lose();
      await pass(statuses.at(-1)?.delayMs ?? 0);
    }
    // The network is back while an attempt is under way that began without it.
    link.reconnect();
    lose();
    assertEquals([statuses.at(-1)?.attempt, statuses.at(-1)?.delayMs], [1, 0]);
    await pass(1);
    for (const delayMs of [1000, 2000]) {
      lose();
      assertEquals(statuses.at(-1)?.delayMs, delayMs);
      link.reconnect();
      await microtasks();
      lose();
      assertEquals([statuses.at(-1)?.attempt, statuses.at(-1)?.delayMs], [1, 0]);
      await pass(1);
      lose();
      assertEquals(statuses.at(-1)?.delayMs, 1000);
      await pass(1000);
    }
    await open();
    await close();
  }));

Deno.test("reconnect() asks an open connection for a sign of life, and any frame is one", () =>
  withClock(async ({ pass }) => {
    const { link, open, last, states, close } = openReconnecting();
    const wire = await open();
    link.reconnect();
    link.reconnect();
    assertEquals(sentOn(wire), ["__hello", "__ping"]);
    await pass(4999);
    last().receiveEnvelopes({ type: "other", id: "1" });
    await pass(1);
    assertEquals(states(), ["open"]);
    // It can be asked again.
    link.reconnect();
    assertEquals(sentOn(wire), ["__hello", "__ping", "__ping"]);
    last().receiveEnvelopes({ type: "__pong", id: "" });
    await pass(60_000);
    assertEquals(states(), ["open"]);
    await close();
  }));

Deno.test("a connection that gives no sign of life within 5 s of reconnect() is replaced", () =>
  withClock(async ({ pass }) => {
    const { link, open, wires, statuses, states, close } = openReconnecting();
    await open();
    link.reconnect();
    await pass(3000);
    // Later calls do not put it off.
    link.reconnect();
    await pass(1999);
    assertEquals(states(), ["open"]);
    // The question has left in the next turn, and has its time from then on.
    await pass(2);
    assertEquals(statuses.at(-1), {
      state: "reconnecting",
      attempt: 1,
      delayMs: 0,
      code: 4408,
      reason: "no sign of life for 5000 ms",
    });
    assertEquals(wires[0]?.closes, [{ code: 4408, reason: "no sign of life for 5000 ms" }]);
    await pass(1);
    await open();
    assertEquals(states().at(-1), "open, gap");
    await close();
  }));

Deno.test("a connection that ends soon after reconnect() is replaced at once, and one that ends later is not", () =>
  withClock(async ({ pass }) => {
    const { link, open, last, lose, statuses, close } = openReconnecting();
    for (const [afterMs, delayMs] of [[4000, 0], [6000, 250]] as const) {
      await open();
      link.reconnect();
      last().receiveEnvelopes({ type: "__pong", id: "" });
      await pass(afterMs);
      lose();
      assertEquals([statuses.at(-1)?.attempt, statuses.at(-1)?.delayMs], [1, delayMs]);
      await pass(250);
    }
    await open();
    await close();
  }));

Deno.test("a slow line that still carries what is ahead of the question has more time to answer reconnect()", () =>
  withClock(async ({ pass }) => {
    const { link, open, last, publish, states, close } = openReconnecting();
    const wire = await open();
    publish("large", "x".repeat(200_000));
    await microtasks();
    wire.bufferedBytes = 200_000;
    link.reconnect();
    for (let i = 0; i < 3; i++) {
      wire.bufferedBytes -= 20_000;
      await pass(5000);
      assertEquals(states(), ["open"]);
    }
    last().receiveEnvelopes({ type: "__pong", id: "" });
    await pass(5000);
    assertEquals(states(), ["open"]);
    link.reconnect();
    // A byte a second is no line.
    wire.bufferedBytes -= 5;
    await pass(5001);
    assertEquals(states(), ["open", "reconnecting"]);
    await pass(1);
    await close();
  }));

Deno.test("an attempt that hangs is given up 5 s after reconnect(), in whatever state it is", () =>
  withClock(async ({ pass }) => {
    const { link, attempts, openSilently, open, states, reports, close } = openReconnecting({
      connectTimeoutMs: 60_000,
    });
    await microtasks();
    link.reconnect();
    await pass(5000);
    await pass(1);
    assertEquals([attempts.length, attempts[0]?.signal.aborted], [2, true]);
    await openSilently();
    link.reconnect();
    await pass(5000);
    assertEquals(reports.map(({ error }) => error), [
      "TimeoutError: The connection was not open after 5000 ms",
      "TimeoutError: The hub had not answered the hello after 5000 ms",
    ]);
    await pass(1);
    await open();
    await pass(60_000);
    assertEquals(states().at(-1), "open, gap");
    await close();
  }));

Deno.test("reconnect() does nothing on a link that is closed, or closes", () =>
  withClock(async ({ pass, timers }) => {
    const { link, open, last, attempts, close } = openReconnecting();
    await open();
    const closed = link.close();
    link.reconnect();
    last().end({ code: 1000 });
    await closed;
    link.reconnect();
    await pass(60_000);
    assertEquals([attempts.length, sentOn(last()), timers], [1, ["__hello"], 0]);
    await close();
  }));

Deno.test("a program that reconnects at each reported loss makes one attempt for each", () =>
  withClock(async ({ pass }) => {
    const open = openReconnecting({
      onStatus: ({ state }) => void (state === "reconnecting" && open.link.reconnect()),
    });
    await open.open();
    open.lose();
    await open.open();
    open.lose();
    await open.open();
    await pass(60_000);
    assertEquals(open.attempts.length, 3);
    await open.close();
  }));

Deno.test("a link over one connection that gives no sign of life after reconnect() has ended", () =>
  withClock(async ({ pass }) => {
    const wire = new FakeWire();
    const link = createLink({ codec: jsonCodec, toWire: (each: FakeWire) => each }, wire);
    wire.answerHello();
    link.reconnect();
    await pass(5001);
    const error = await link.closed;
    assertInstanceOf(error, ConnectionLostError);
    assertEquals(error.code, 4408);
  }));

/** A link by its door, with what `shouldReconnect` was asked. */
function openAsking(answer: (end: ConnectionEnd) => boolean | undefined) {
  const ends: ConnectionEnd[] = [];
  const wires: FakeWire[] = [];
  const link = createLink({ codec: jsonCodec, toWire: (wire: FakeWire) => wire }, () => {
    const wire = new FakeWire();
    wires.push(wire);
    return wire;
  }, {
    reconnectDelayMs: 1,
    maxReconnectDelayMs: 1,
    onError() {},
    shouldReconnect: (end) => {
      ends.push(end);
      return answer(end);
    },
  });
  return { link, ends, wires };
}

Deno.test("shouldReconnect decides over every end, also over codes that are final by default", () =>
  withClock(async ({ pass }) => {
    const { link, ends, wires } = openAsking(({ code }) => code !== 1000);
    await microtasks();
    const error = new Error("refused");
    for (
      const end of [{ code: 4401, reason: "expired" }, { code: 1006, error }, { code: 1000, reason: "" }]
    ) {
      wires.at(-1)?.end(end);
      await pass(1);
    }
    assertEquals(ends, [{ code: 4401, reason: "expired" }, { code: 1006, error }, {
      code: 1000,
      reason: "",
    }]);
    assertInstanceOf(await link.closed, ConnectionLostError);
    assertEquals([wires.length, link.status.code], [3, 1000]);
  }));

Deno.test("where shouldReconnect says nothing, or throws, the close code decides", () =>
  withClock(async ({ pass }) => {
    let thrown = 0;
    const { link, wires } = openAsking(() => {
      if (++thrown > 1) throw new Error("mine");
      return undefined;
    });
    await microtasks();
    using printed = capturePrinted();
    for (let i = 0; i < 2; i++) {
      wires.at(-1)?.end({ code: 1000 });
      await pass(1);
    }
    assertEquals(wires.length, 3);
    wires.at(-1)?.end({ code: 4409 });
    assertEquals(printed.lines, Array(2).fill("[@alkdev/pubsub] LinkEventTarget listener: Error: mine"));
    assertEquals(link.status.code, 4409);
  }));

for (const [discard, answer] of [[false, true], [true, undefined], [false, false]] as const) {
  Deno.test(`a link that shouldReconnect closes (discard: ${discard}) makes no attempt, though it returns ${answer}`, () =>
    withClock(async ({ pass, timers }) => {
      const { link, ends, wires } = openAsking(() => {
        void link.close({ discard });
        return answer;
      });
      await microtasks();
      wires[0]?.end({ code: 1006 });
      await pass(10);
      assertEquals([ends.length, wires.length, timers], [1, 1, 0]);
      assertEquals([await link.closed, link.status], [undefined, { state: "closed" }]);
    }));
}

Deno.test("close({ discard: true }) gives an attempt up at once, and sends nothing of what waits", () =>
  withClock(async ({ timers }) => {
    const { link, publish, attempts, last, reports, statuses } = openReconnecting();
    publish("discarded");
    await microtasks();
    const closed = link.close({ discard: true });
    assertEquals([attempts[0]?.signal.aborted, last().closes.length], [true, 1]);
    last().end({ code: 1006 });
    await closed;
    last().open();
    assertEquals([last().frames, reports, statuses, timers], [[], [], [{ state: "closed" }], 0]);
  }));

Deno.test("close({ discard: true }) sends nothing of an open link's queue, and does not wait for onOpen", () =>
  withClock(async () => {
    const one = openReconnecting();
    await one.open();
    one.publish("discarded");
    const closed = one.link.close({ discard: true });
    one.last().end({ code: 1000 });
    await closed;
    assertEquals([sentOn(one.last()), one.last().closes.length, one.reports], [["__hello"], 1, []]);

    const other = openReconnecting({ onOpen: () => new Promise(() => {}) });
    other.publish("discarded");
    await other.open();
    const gone = other.link.close({ discard: true });
    assertEquals(other.last().closes.length, 1);
    other.last().end({ code: 1000 });
    await gone;
    assertEquals([sentOn(other.last()), other.reports], [["__hello"], []]);
  }));

Deno.test("close({ discard: true }) ends a close that still sends, and a link that waits for its next attempt", () =>
  withClock(async () => {
    const one = openReconnecting();
    one.publish("waits");
    await microtasks();
    const closed = one.link.close();
    assertEquals(one.last().closes, []);
    assertEquals(one.link.close({ discard: true }) === closed, true);
    assertEquals(one.last().closes.length, 1);
    one.last().end({ code: 1006 });
    await closed;

    const other = openReconnecting();
    await other.open();
    other.lose();
    other.publish("discarded");
    await other.link.close({ discard: true });
    assertEquals([one.reports, other.reports, other.link.status], [[], [], { state: "closed" }]);
  }));
