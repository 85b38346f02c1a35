// Prints what 1,000 closed hubs leave behind on the upstream that they shared, as a line of JSON. Run with
// --v8-flags=--expose-gc.

import { createInProcessEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { settledHeap } from "../../../scripts/lib/heap.ts";

const HUBS = 1000;
const upstream = createInProcessEventTarget();

async function openAndClose(): Promise<WeakRef<object>> {
  const hub = createWebSocketServerEventTarget({ upstream });
  hub.listen("news", undefined, { onEvent() {} });
  await hub.close();
  return new WeakRef(hub);
}

await openAndClose();
const before = await settledHeap();
const hubs = await Promise.all(Array.from({ length: HUBS }, openAndClose));
const growth = await settledHeap() - before;
const reachable = hubs.filter((hub) => hub.deref() !== undefined).length;
console.log(JSON.stringify({ growth, hubs: HUBS, reachable, topics: upstream.stats().listeners.topics }));
await upstream.close();
