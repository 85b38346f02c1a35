import { assertEquals } from "@std/assert";
import { SlowReader } from "../../../adapters/_hub/slow_reader.ts";
import { withClock } from "../../support/clock.ts";

/** A reader that is given no time. */
const withoutGrace = () => new SlowReader(0, () => {});

Deno.test("a buffer that passes the threshold within one turn is a burst, however often it is checked", () =>
  withClock(async ({ pass }) => {
    const reader = withoutGrace();
    assertEquals(reader.isSlow(true, false), false);
    reader.noteOverThreshold();
    reader.noteOverThreshold();
    assertEquals(reader.isSlow(true, false), false);
    await pass(1);
    reader.clear();
  }));

Deno.test("a reader whose buffer is still over the threshold in a later turn is slow", () =>
  withClock(async ({ pass }) => {
    const reader = withoutGrace();
    reader.noteOverThreshold();
    await pass(1);
    assertEquals(reader.isSlow(true, false), true);
    // It stays so, whatever is noted meanwhile.
    reader.noteOverThreshold();
    await pass(1000);
    assertEquals(reader.isSlow(true, false), true);
  }));

Deno.test("a buffer that drained starts anew, even within the turn that filled it", () =>
  withClock(async ({ pass }) => {
    const reader = withoutGrace();
    reader.noteOverThreshold();
    assertEquals(reader.isSlow(false, false), false);
    // The turn that was noted first must not end the second burst.
    await pass(1);
    assertEquals(reader.isSlow(true, false), false);
    reader.noteOverThreshold();
    assertEquals(reader.isSlow(true, false), false);
    await pass(1);
    assertEquals(reader.isSlow(true, false), true);
    reader.clear();
  }));

Deno.test("the first note of a turn starts the wait, and later ones do not restart it", () =>
  withClock(async (clock) => {
    const reader = withoutGrace();
    for (let i = 0; i < 10; i++) reader.noteOverThreshold();
    assertEquals(clock.timers, 1);
    await clock.pass(1);
    reader.noteOverThreshold();
    assertEquals(clock.timers, 0);
  }));

Deno.test("clear forgets the threshold and leaves no timer", () =>
  withClock(async (clock) => {
    const reader = withoutGrace();
    reader.noteOverThreshold();
    reader.clear();
    assertEquals(clock.timers, 0);
    await clock.pass(1);
    assertEquals(reader.isSlow(true, false), false);
  }));

Deno.test("a slow reader with a grace time is slow only when it is over, and is reported once", () =>
  withClock(async (clock) => {
    let ends = 0;
    const reader = new SlowReader(1000, () => void ends++);
    reader.noteOverThreshold();
    await clock.pass(1);
    assertEquals([reader.isSlow(true, true), clock.timers], [false, 0], "no reader is slow for a control");
    assertEquals([reader.isSlow(true, false), clock.timers], [false, 1]);
    await clock.pass(600);
    assertEquals([reader.isSlow(true, false), clock.timers], [false, 1]);
    await clock.pass(399);
    assertEquals(ends, 0);
    await clock.pass(1);
    assertEquals(ends, 1);
    reader.clear();
  }));

Deno.test("a slow reader that got below the threshold in time has the whole grace time again", () =>
  withClock(async ({ pass }) => {
    let ends = 0;
    const reader = new SlowReader(1000, () => void ends++);
    for (let i = 0; i < 3; i++) {
      reader.noteOverThreshold();
      await pass(1);
      assertEquals(reader.isSlow(true, false), false);
      await pass(900);
      assertEquals(reader.isSlow(false, false), false);
    }
    await pass(5000);
    assertEquals(ends, 0);
    reader.noteOverThreshold();
    await pass(1);
    assertEquals(reader.isSlow(true, false), false);
    await pass(1000);
    assertEquals(ends, 1, "and is notified when it is over");
    reader.clear();
  }));
