// What does a delivery cost, and how much memory does a client take, from one client to ten thousand?
//
// `deno run -A bench/hub_scale.ts` starts each hub again for each number of clients, in a process of its own, so that
// its memory and its processor time are the hub's alone. Its clients are in another process.

import { startClients } from "./_clients.ts";
import { type HubName, HUBS } from "./_hubs.ts";
import { BURST } from "./_load.ts";
import { printRows } from "./_report/rows.ts";
import { measureTurn, medianOf, type Took } from "./_turns.ts";

/** The measured hubs. */
export const NAMES: readonly HubName[] = [
  "@alkdev/pubsub",
  "socket.io",
  "bare sockets, one send per event",
  "bare sockets, one send per burst",
];

/** The numbers of clients. */
export const COUNTS = [1, 10, 100, 1000, 10_000] as const;

/** The events of a burst: few enough that ten thousand clients read them in seconds. */
const EVENTS = 64;
const MIN_BURSTS = 3;
const MIN_DELIVERIES = 200_000;
/** The time after which a row ends: some take a hundred times as long as others. */
const ENOUGH_MS = 8000;

if (import.meta.main) {
  const parts = COUNTS.flatMap((count) => NAMES.map((name) => [name, String(count)]));
  await printRows("hub_scale.ts", parts, (name, count) => measure(name as HubName, Number(count)));
}

async function measure(name: HubName, count: number): Promise<Record<string, number>> {
  const hub = await HUBS[name]();
  const { port, protocol } = hub;
  const before = Deno.memoryUsage().rss;
  const clients = await startClients({ port, protocol, count, burst: EVENTS });
  const bytes = (Deno.memoryUsage().rss - before) / count;
  const burst = BURST.slice(0, EVENTS);
  const turns: Took[] = [];
  const enough = performance.now() + ENOUGH_MS;
  for (
    let delivered = 0;
    performance.now() < enough && (turns.length < MIN_BURSTS || delivered < MIN_DELIVERIES);
    delivered += EVENTS * count
  ) {
    turns.push(
      await measureTurn(() => {
        hub.publish(burst);
        return clients.onBurst();
      }),
    );
  }
  const { time, cpu } = medianOf(turns);
  return {
    [`a delivery, bursts of ${EVENTS} to ${count} clients: ${name}`]: time / (EVENTS * count),
    [`processor time of a hub's delivery, bursts of ${EVENTS} to ${count} clients: ${name}`]: cpu /
      (EVENTS * count),
    [`bytes of a hub's process, each of ${count} clients: ${name}`]: bytes,
  };
}
