import { assert, assertEquals, assertThrows } from "@std/assert";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

Deno.test("close ends a link that waits for its next attempt at once, and counts the waiting events", () =>
  withClock(async ({ pass, timers }) => {
    const { open, lose, link, publish, reports, attempts } = openReconnecting();
    await open();
    lose();
    publish("never sent");
    await link.close();
    assertEquals([link.status, await link.closed, timers], [{ state: "closed" }, undefined, 0]);
    assertEquals(reports.map(({ error }) => error), [
      "Error: 1 events were not sent before the connection ended",
    ]);
    await pass(60_000);
    assertEquals(attempts.length, 1);
  }));

Deno.test("close ends a link whose function is still opening a connection, which is closed when it opens", () =>
  withClock(async () => {
    let bring = (_wire: FakeWire): void => {};
    const { link, attempts } = openReconnecting({ connect: () => new Promise((resolve) => bring = resolve) });
    await microtasks();
    await link.close();
    assertEquals([attempts[0]?.signal.aborted, link.status.state], [true, "closed"]);
    const late = new FakeWire("connecting");
    bring(late);
    await microtasks();
    assertEquals(late.closes.length, 1);
    late.open();
    assertEquals(late.frames, []);
  }));

Deno.test("close sends what waits if the connection opens in time", () =>
  withClock(async () => {
    const { link, publish, last } = openReconnecting();
    publish("last words");
    await microtasks();
    const closed = link.close();
    last().open();
    assertEquals([sentOn(last()), last().closes], [["__hello", "n last words"], [{
      code: 1000,
      reason: "",
    }]]);
    last().end({ code: 1000 });
    await closed;
  }));

Deno.test("close waits for onOpen, but no longer than for the far end", () =>
  withClock(async ({ pass }) => {
    const { open, link, publish, wires, reports } = openReconnecting({ onOpen: () => new Promise(() => {}) });
    publish("never sent");
    await open();
    const closed = link.close();
    await pass(1499);
    assertEquals(link.status.state, "connecting");
    await pass(1);
    await closed;
    assertEquals([wires[0]?.closes.length, reports.map(({ stage }) => stage)], [1, ["publish"]]);
  }));

Deno.test("a link that is closed in the onStatus of a loss makes no further attempt", () =>
  withClock(async ({ pass, timers }) => {
    const { open, lose, link, attempts } = openReconnecting({
      onStatus: ({ state }) => void (state === "reconnecting" && link.close()),
    });
    await open();
    lose();
    assertEquals([await link.closed, timers], [undefined, 0]);
    await pass(60_000);
    assertEquals(attempts.length, 1);
  }));

Deno.test("a signal closes the link in any state", () =>
  withClock(async ({ pass, timers }) => {
    const before = openReconnecting({ signal: AbortSignal.abort() });
    assertEquals(await before.link.closed, undefined);
    assertEquals(before.attempts.length, 0);

    const controller = new AbortController();
    const links = [1, 2, 3].map(() => openReconnecting({ signal: controller.signal }));
    const [up, away, connecting] = links;
    assert(up !== undefined && away !== undefined && connecting !== undefined);
    await up.open();
    await away.open();
    away.lose();
    controller.abort();
    up.last().end({ code: 1000 });
    connecting.last().end({ code: 1006 });
    assertEquals(await Promise.all(links.map(({ link }) => link.closed)), [undefined, undefined, undefined]);
    assertEquals(links.map(({ reports }) => reports), [[], [], []]);
    await pass(60_000);
    assertEquals([links.map(({ attempts }) => attempts.length), timers], [[1, 1, 1], 0]);
  }));

Deno.test("an invalid signal throws a TypeError", () => {
  // A program without types can pass this.
  const signal = {} as AbortSignal;
  assertThrows(() => openReconnecting({ signal }), TypeError, "it must be an AbortSignal");
});

Deno.test("a link that has reconnected closes like any other: what waits leaves, and the socket is closed", () =>
  withClock(async ({ pass }) => {
    const { open, lose, last, link, publish } = openReconnecting();
    await open();
    lose();
    await pass(250);
    await open();
    publish("last words");
    const closed = link.close();
    await microtasks();
    assertEquals([sentOn(last()), last().closes], [["__hello", "n last words"], [{
      code: 1000,
      reason: "",
    }]]);
    last().end({ code: 1000 });
    await closed;
  }));
