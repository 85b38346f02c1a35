import { assertEquals } from "@std/assert";
import { Congestion } from "../../../adapters/_shared/congestion.ts";
import { withClock } from "./_clock.ts";

Deno.test("what passes the threshold within one turn is a burst, however often it is looked at", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion();
    assertEquals(congestion.lasts(true), false);
    congestion.note(true);
    congestion.note(true);
    assertEquals(congestion.lasts(true), false);
    await pass(1);
    congestion.clear();
  }));

Deno.test("what is still over the threshold in a later turn is congestion", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion();
    congestion.note(true);
    await pass(1);
    assertEquals(congestion.lasts(true), true);
    // It stays so, whatever is noted meanwhile.
    congestion.note(true);
    await pass(1000);
    assertEquals(congestion.lasts(true), true);
  }));

Deno.test("a buffer that is not over the threshold is no burst", () =>
  withClock(async ({ pass, timers }) => {
    const congestion = new Congestion();
    congestion.note(false);
    assertEquals(timers, 0);
    await pass(1);
    assertEquals(congestion.lasts(true), false);
  }));

Deno.test("a buffer that drained is a new one, also within the turn that filled it", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion();
    congestion.note(true);
    assertEquals(congestion.lasts(false), false);
    // The turn that was noted first must not end the second burst.
    await pass(1);
    assertEquals(congestion.lasts(true), false);
    congestion.note(true);
    assertEquals(congestion.lasts(true), false);
    await pass(1);
    assertEquals(congestion.lasts(true), true);
    congestion.clear();
  }));

Deno.test("the first note of a turn starts the wait, later ones do not start it again", () =>
  withClock(async (clock) => {
    const congestion = new Congestion();
    for (let i = 0; i < 10; i++) congestion.note(true);
    assertEquals(clock.timers, 1);
    await clock.pass(1);
    congestion.note(true);
    assertEquals(clock.timers, 0);
  }));

Deno.test("clear forgets the past and leaves no timer", () =>
  withClock(async (clock) => {
    const congestion = new Congestion();
    congestion.note(true);
    congestion.clear();
    assertEquals(clock.timers, 0);
    await clock.pass(1);
    assertEquals(congestion.lasts(true), false);
  }));
