/**
 * Connects, subscribes and disconnects ten thousand times, and prints what is left. Runs as its own process with
 * `--v8-flags=--expose-gc`.
 */
import { createPubSub } from "@alkdev/pubsub";
import { assertEquals } from "@std/assert";
import { eventually } from "../eventually.ts";
import { settledHeap } from "../../../scripts/lib/heap.ts";
import { serveHub } from "../hubs.ts";
import { openLink } from "../links.ts";

const WARM_UP = 1000;
const CYCLES = 10_000;
const CONCURRENT = 20;

await using served = serveHub();

async function cycle(n: number): Promise<void> {
  const { link } = openLink(served.url);
  const pubsub = createPubSub<{ news: number }>({ eventTarget: link });
  const subscription = pubsub.subscribe("news", String(n));
  const ofType = pubsub.subscribe("news");
  await Promise.all([subscription.ready, ofType.ready]);
  served.hub.publish({ type: "news", id: String(n), payload: n });
  assertEquals((await subscription.next()).value?.payload, n);
  await link.close();
}

async function cycles(count: number): Promise<void> {
  for (let done = 0; done < count; done += CONCURRENT) {
    await Promise.all(Array.from({ length: CONCURRENT }, (_, i) => cycle(done + i)));
  }
  await eventually(() => assertEquals(served.hub.connectionCount + served.hub.closingCount, 0));
  // Otherwise the memory of the fixture would look like a leak.
  served.sockets.length = served.spokes.length = served.log.length = 0;
}

await cycles(WARM_UP);
const before = await settledHeap();
await cycles(CYCLES);
const growth = await settledHeap() - before;
const { hub: { connectionCount, closingCount, topicCount }, faults } = served;
console.log(
  JSON.stringify({
    cycles: CYCLES,
    growth,
    connectionCount,
    closingCount,
    topicCount,
    faults: faults.length,
  }),
);
