import { assert, assertEquals } from "@std/assert";
import { DrainPoll } from "../../../adapters/_session/drain_poll.ts";
import { SendWindow } from "../../../adapters/_session/send_window.ts";
import { withClock } from "../../support/clock.ts";

/** A poll of a wire, which continues as long as the wire holds something. */
function pollOf(wire: { bufferedBytes: number }): { poll: DrainPoll; looks: () => number } {
  const window = new SendWindow(wire, 1000);
  let looks = 0;
  const poll = new DrainPoll(window, () => {
    looks++;
    if (wire.bufferedBytes > 0) poll.start();
  });
  window.add(wire.bufferedBytes);
  poll.start();
  return { poll, looks: () => looks };
}

Deno.test("a wire that is stuck is looked at each 50 ms, and one that moves again within that time", () =>
  withClock(async (clock) => {
    const wire = { bufferedBytes: 900 };
    const { poll, looks } = pollOf(wire);
    await clock.pass(1000);
    assert(looks() > 20 && looks() < 30, `${looks()} looks`);
    wire.bufferedBytes = 0;
    await clock.pass(50);
    assertEquals([poll.isRunning, clock.timers], [false, 0]);
  }));

Deno.test("a thousand wires that are stuck share one timer, which looks at each of them less often", () =>
  withClock(async (clock) => {
    const wires = Array.from({ length: 1000 }, () => ({ bufferedBytes: 900 }));
    const polls = wires.map(pollOf);
    await clock.pass(1000);
    assertEquals(clock.timers, 1);
    const before = polls.map(({ looks }) => looks());
    await clock.pass(5000);
    for (const [i, { looks }] of polls.entries()) {
      const since = looks() - (before[i] ?? 0);
      assert(since >= 19 && since <= 21, `${since} looks`);
    }
    for (const wire of wires.slice(1)) wire.bufferedBytes = 0;
    await clock.pass(250);
    assertEquals(polls.map(({ poll }) => poll.isRunning), [true, ...Array(999).fill(false)]);
    polls[0]?.poll.stop();
    assertEquals([polls[0]?.poll.isRunning, clock.timers], [false, 0]);
  }));

Deno.test("a wire that is stopped by the look at another one is not looked at, and leaves no timer", () =>
  withClock(async (clock) => {
    const [first, second] = [{ bufferedBytes: 900 }, { bufferedBytes: 900 }];
    const other = pollOf(second);
    const window = new SendWindow(first, 1000);
    const poll: DrainPoll = new DrainPoll(window, () => poll.start());
    window.add(900);
    poll.start();
    await clock.pass(500);
    const looks = other.looks();
    poll.stop();
    other.poll.stop();
    await clock.pass(500);
    assertEquals([other.looks(), clock.timers], [looks, 0]);
  }));
