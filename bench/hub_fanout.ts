// How many events a second does a hub deliver to a hundred spokes over real sockets?
//
// `deno run -A bench/hub_fanout.ts`. The hub of each row is on this thread, or in a process of its own if the row says so.
// Its clients are in another process, and read and check each event. All rows take turns, and are medians.

import { startClients } from "./_clients.ts";
import { type HubName, HUBS } from "./_hubs.ts";
import { BURST } from "./_load.ts";
import { missingPrograms } from "./_programs.ts";
import { takeTurns } from "./_turns.ts";

const CLIENTS = 100;

const missing = await missingPrograms();
const ways: Record<string, () => Promise<unknown>> = {};
for (const name of Object.keys(HUBS) as HubName[]) {
  const program = missing.find(({ rows }) => rows.includes(name));
  if (program !== undefined) {
    console.error(`Without ${program.name} there is no row "${name}"`);
    continue;
  }
  const hub = await HUBS[name]();
  const { port, protocol } = hub;
  const clients = await startClients({ port, protocol, count: CLIENTS, burst: BURST.length });
  ways[name] = () => {
    hub.publish(BURST);
    return clients.onBurst();
  };
}
const group = `bursts of ${BURST.length} to ${CLIENTS} clients`;
const rows = Array.from(
  await takeTurns(ways, { rounds: 31, warmUpRounds: 3 }),
  ([name, { time }]) => [`${group}: ${name}`, time],
);
console.log(JSON.stringify({ rows: Object.fromEntries(rows) }));
Deno.exit();
