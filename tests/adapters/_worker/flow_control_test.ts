import { assertEquals } from "@std/assert";
import { FlowControl } from "../../../adapters/_worker/flow_control.ts";

/** Sends frames of some sizes, and returns which of them asked the far end. */
function send(counts: FlowControl, ...sizes: number[]): boolean[] {
  return sizes.map((bytes) => {
    const asks = counts.mustAskWith(bytes);
    counts.onSent(bytes, asks);
    return asks;
  });
}

Deno.test("the far end is asked each time that enough bytes were sent since the last question", () => {
  const counts = new FlowControl(100);
  assertEquals(send(counts, 60, 39, 1, 99, 1, 500), [false, false, true, false, true, true]);
});

Deno.test("unacknowledged bytes count as waiting while a question is open, and not otherwise", () => {
  const counts = new FlowControl(100);
  send(counts, 99);
  assertEquals(counts.waiting, 0);
  send(counts, 1, 50);
  assertEquals(counts.waiting, 150);
  send(counts, 50);
  counts.onAnswer(100);
  assertEquals(counts.waiting, 100);
  counts.onAnswer(200);
  assertEquals(counts.waiting, 0);
});

Deno.test("an answer is limited to the bytes that were sent, and to no less than the last one", () => {
  const counts = new FlowControl(10);
  send(counts, 10);
  counts.onAnswer(1000);
  send(counts, 10);
  assertEquals(counts.waiting, 10);
  counts.onAnswer(15);
  counts.onAnswer(3);
  assertEquals(counts.waiting, 5);
});

Deno.test("received bytes add up", () => {
  const counts = new FlowControl(10);
  counts.received += 3;
  counts.received += 0;
  counts.received += 4;
  assertEquals([counts.received, counts.waiting], [7, 0]);
});
