import { createInProcessEventTarget } from "@alkdev/pubsub";
import { assertEquals, assertLess } from "@std/assert";
import type { Tapped } from "../../hub/live/events.ts";
import { Tap } from "../../hub/live/tap.ts";

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a tap sends fifty events a second, and no more where a second of the clock begins", async () => {
  await using bus = createInProcessEventTarget();
  const sent: Tapped[] = [];
  const tap = new Tap(bus, "a", (tapped) => sent.push(tapped));
  const burst = () => {
    for (let i = 0; i < 200; i++) bus.publish({ type: "a", id: "1", payload: i });
  };
  await wait(1900 - Date.now() % 1000);
  const begin = performance.now();
  burst();
  assertEquals(sent.length, 50);
  await wait(200);
  burst();
  const seconds = (performance.now() - begin) / 1000;
  assertLess(sent.length, 51 + 50 * seconds);
  assertEquals(sent[50]?.skipped, 150);
  tap.stop();
});
