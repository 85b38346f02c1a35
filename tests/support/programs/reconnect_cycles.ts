/**
 * Closes the connection of a link a thousand times, waits until the link is back, and prints what is left. Runs as its own
 * process with `--v8-flags=--expose-gc`.
 */
import { serveHub } from "../hubs.ts";
import { openReconnectingLink } from "../links.ts";
import { settledHeap } from "../../../scripts/lib/heap.ts";

const WARM_UP = 300;
const CYCLES = 1000;

await using served = serveHub();
let onBack = (): void => {};
const signal = new AbortController().signal;
const open = openReconnectingLink(served.url, {
  signal,
  reconnectDelayMs: 1,
  maxReconnectDelayMs: 1,
  heartbeatMs: 10_000,
  onStatus: ({ gap }) => void (gap && onBack()),
  onOpen: (send) => send({ type: "joined", id: "1", payload: null }),
});
open.link.listen("news", undefined, { onEvent() {} });

async function cycles(count: number): Promise<void> {
  for (let done = 0; done < count; done++) {
    const back = new Promise<void>((resolve) => onBack = resolve);
    await served.spokes.at(-1)?.close();
    await back;
    // Otherwise the memory of the fixtures would look like a leak.
    served.sockets.length = served.log.length = open.statuses.length = 0;
    served.spokes.splice(0, served.spokes.length - 1);
  }
}

await open.link.flush();
await cycles(WARM_UP);
const before = await settledHeap();
await cycles(CYCLES);
const growth = (await settledHeap()) - before;
const { connectionCount, closingCount } = served.hub;
console.log(
  JSON.stringify({ cycles: CYCLES, growth, connectionCount, closingCount, faults: open.faults.length }),
);
await open.link.close();
