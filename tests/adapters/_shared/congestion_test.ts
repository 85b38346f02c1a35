import { assertEquals } from "@std/assert";
import { Congestion } from "../../../adapters/_shared/congestion.ts";
import { withClock } from "./_clock.ts";

Deno.test("what passes the threshold within one turn is a burst, however often it is looked at", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion(100);
    assertEquals(congestion.lasts(500), false);
    congestion.note(500);
    congestion.note(900);
    assertEquals(congestion.lasts(900), false);
    await pass(1);
    congestion.clear();
  }));

Deno.test("what is still over the threshold in a later turn is congestion", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion(100);
    congestion.note(101);
    await pass(1);
    assertEquals(congestion.lasts(101), true);
    // It stays so, whatever is noted meanwhile.
    congestion.note(5000);
    await pass(1000);
    assertEquals(congestion.lasts(101), true);
  }));

Deno.test("exactly the threshold is not over it, neither at a send nor after one", () =>
  withClock(async ({ pass, timers }) => {
    const congestion = new Congestion(100);
    congestion.note(100);
    assertEquals(timers, 0);
    await pass(1);
    assertEquals(congestion.lasts(101), false);
    congestion.note(101);
    await pass(1);
    assertEquals(congestion.lasts(100), false);
    assertEquals(congestion.lasts(101), false);
  }));

Deno.test("a buffer that drained is a new one, also within the turn that filled it", () =>
  withClock(async ({ pass }) => {
    const congestion = new Congestion(100);
    congestion.note(500);
    assertEquals(congestion.lasts(0), false);
    // The turn that was noted first must not end the second burst.
    await pass(1);
    assertEquals(congestion.lasts(500), false);
    congestion.note(500);
    assertEquals(congestion.lasts(500), false);
    await pass(1);
    assertEquals(congestion.lasts(500), true);
    congestion.clear();
  }));

Deno.test("the first note of a turn starts the wait, later ones do not start it again", () =>
  withClock(async (clock) => {
    const congestion = new Congestion(100);
    for (let i = 0; i < 10; i++) congestion.note(500 + i);
    assertEquals(clock.timers, 1);
    await clock.pass(1);
    congestion.note(500);
    assertEquals(clock.timers, 0);
  }));

Deno.test("clear forgets the past and leaves no timer", () =>
  withClock(async (clock) => {
    const congestion = new Congestion(100);
    congestion.note(500);
    congestion.clear();
    assertEquals(clock.timers, 0);
    await clock.pass(1);
    assertEquals(congestion.lasts(500), false);
  }));
