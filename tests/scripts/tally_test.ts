import { assert, assertEquals } from "@std/assert";
import type { ReadingEvent } from "../../scripts/demo/readings.ts";
import { Tally } from "../../scripts/demo/tally.ts";

const reading = (seq: number, value = 0): ReadingEvent => ({
  type: "load",
  id: "1m",
  payload: { seq, sentAt: 0, value },
});

/** The result of a spoke that received `received` when the hub sent 1, 2, 3, in either order of reports. */
function resultOf(received: readonly ReadingEvent[]): [exact: boolean, missed: number, unexpected: number] {
  const results = [true, false].map((sentFirst) => {
    const tally = new Tally("load");
    const onSent = () => [1, 2, 3].forEach((seq) => tally.onSent(reading(seq)));
    if (sentFirst) onSent();
    for (const event of received) tally.onReceived(event, 1);
    if (!sentFirst) onSent();
    tally.end();
    return [tally.isExact, tally.missed, tally.unexpected] as [boolean, number, number];
  });
  assertEquals(results[0], results[1]);
  return results[0] ?? [false, 0, 0];
}

Deno.test("a spoke that received everything in order is exact", () => {
  assertEquals(resultOf([reading(1), reading(2), reading(3)]), [true, 0, 0]);
});

Deno.test("an event that a spoke did not receive is missed, at any position", () => {
  assertEquals(resultOf([reading(2), reading(3)]), [false, 1, 0]);
  assertEquals(resultOf([reading(1), reading(3)]), [false, 1, 0]);
  assertEquals(resultOf([reading(1)]), [false, 2, 0]);
  assertEquals(resultOf([]), [false, 3, 0]);
});

Deno.test("an event that a spoke received twice, changed, or unsent is unexpected", () => {
  assertEquals(resultOf([reading(1), reading(1), reading(2), reading(3)]), [false, 0, 1]);
  assertEquals(resultOf([reading(1), reading(2), reading(3), reading(4)]), [false, 0, 1]);
  assertEquals(resultOf([reading(1), reading(2, 7), reading(3)]), [false, 1, 1]);
});

Deno.test("events in another order are not exact", () => {
  assertEquals(resultOf([reading(1), reading(3), reading(2)]), [false, 1, 1]);
});

Deno.test("a spoke without events is not exact", () => {
  const tally = new Tally("cpu");
  tally.onSent(reading(1));
  tally.end();
  assertEquals([tally.sent, tally.missed, tally.isExact], [0, 0, false]);
});

Deno.test("percentiles are measured latencies", () => {
  const tally = new Tally("*");
  assertEquals(tally.latencyMs(0.5), undefined);
  for (let seq = 1; seq <= 100; seq++) {
    tally.onSent(reading(seq));
    tally.onReceived(reading(seq), 101 - seq);
  }
  assertEquals([tally.latencyMs(0.5), tally.latencyMs(0.99), tally.latencyMs(1)], [50, 99, 100]);
  assert(tally.isExact);
});
