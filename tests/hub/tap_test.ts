import { createInProcessEventTarget } from "@alkdev/pubsub";
import { assertEquals } from "@std/assert";
import type { Tapped } from "../../hub/live/events.ts";
import { Tap } from "../../hub/live/tap.ts";

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a tap sends fifty events in any second, also where a second of the clock begins", async () => {
  await using bus = createInProcessEventTarget();
  const sent: Tapped[] = [];
  const tap = new Tap(bus, "a", (tapped) => sent.push(tapped));
  const burst = () => {
    for (let i = 0; i < 200; i++) bus.publish({ type: "a", id: "1", payload: i });
    return sent.length;
  };
  await wait(1900 - Date.now() % 1000);
  const begin = performance.now();
  const counts = [burst()];
  await wait(200);
  if (performance.now() - begin < 1000) counts.push(burst());
  assertEquals(counts, counts.map(() => 50));
  await wait(1000);
  assertEquals([burst(), sent[50]?.skipped], [100, 150 + 200 * (counts.length - 1)]);
  tap.stop();
});
