// How late do events arrive while a hub is busy: at a tenth, at half, and at nine tenths of what it can deliver?
//
// `deno run -A bench/hub_paced.ts` runs each hub in a process of its own, its clients in another. Its capacity is
// measured first. Then events are published at even intervals, whether or not earlier ones have arrived, and each is
// timed from when it was due until the last client has received it.

import { type Clients, startClients } from "./_clients.ts";
import { type Hub, type HubName, HUBS } from "./_hubs.ts";
import { BURST } from "./_load.ts";
import { printRows } from "./_report/rows.ts";

/** The measured hubs. */
export const PACED: readonly HubName[] = ["@alkdev/pubsub", "socket.io", "bare sockets, one send per event"];

/** The shares of the capacity of a hub, in percent. */
export const LOADS = [10, 50, 90] as const;

const CLIENTS = 100;
const SECONDS = 3;
const WARM_UP_BURSTS = 20;
/** The quantiles of the latency. */
export const QUANTILES = { p50: 0.5, p99: 0.99, "p99.9": 0.999 };

if (import.meta.main) {
  await printRows("hub_paced.ts", PACED.map((name) => [name]), (name) => measure(name as HubName));
}

async function measure(name: HubName): Promise<Record<string, number>> {
  const hub = await HUBS[name]();
  const { port, protocol } = hub;
  const clients = await startClients({ port, protocol, count: CLIENTS, burst: BURST.length });
  const perSecond = await capacity(hub, clients);
  const rows: Record<string, number> = {};
  for (const load of LOADS) {
    const latencies = await pace(hub, clients, perSecond * load / 100);
    latencies.sort((a, b) => a - b);
    for (const [quantile, share] of Object.entries(QUANTILES)) {
      const latency = latencies[Math.floor(latencies.length * share)] ?? NaN;
      rows[`${quantile} of the latency at ${load} % of the capacity: ${name}`] = latency * 1e6;
    }
  }
  rows[`time between two events to ${CLIENTS} clients at capacity: ${name}`] = 1e9 / perSecond;
  return rows;
}

/** Returns how many events a second the hub delivers to all clients when it publishes as fast as it can. */
async function capacity(hub: Hub, clients: Clients): Promise<number> {
  let start = 0;
  for (let n = 0; n < 2 * WARM_UP_BURSTS; n++) {
    if (n === WARM_UP_BURSTS) start = performance.now();
    for (const status of BURST) hub.publish([status]);
    await clients.onBurst();
  }
  return WARM_UP_BURSTS * BURST.length * 1000 / (performance.now() - start);
}

/** Publishes bursts, their events evenly over time, and returns the latency of each event in milliseconds. */
async function pace(hub: Hub, clients: Clients, perSecond: number): Promise<number[]> {
  const bursts = Math.ceil(perSecond * SECONDS / BURST.length);
  const distance = 1000 / perSecond;
  const start = performance.timeOrigin + performance.now();
  const arrived = (async () => {
    const latencies: number[] = [];
    for (let n = 0; n < bursts; n++) latencies.push(...await clients.onBurst());
    return latencies;
  })();
  for (let sent = 0; sent < bursts * BURST.length;) {
    const due = Math.floor((performance.timeOrigin + performance.now() - start) / distance);
    for (; sent < Math.min(due, bursts * BURST.length); sent++) {
      hub.publish([{ state: "running", n: sent % BURST.length, sentAt: start + sent * distance }]);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return await arrived;
}
