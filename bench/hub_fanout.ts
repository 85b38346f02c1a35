// How many events a second does a hub deliver to a hundred spokes over real sockets?
//
// Every row has its hub on this thread and its clients, which read and check each event, in a process of their own.

import { startClients } from "./_clients.ts";
import { HUBS } from "./_hubs.ts";
import { BURST } from "./_load.ts";

const CLIENTS = 100;

for (const [name, startHub] of Object.entries(HUBS)) {
  const hub = await startHub();
  const { port, protocol } = hub;
  const clients = await startClients({ port, protocol, count: CLIENTS, burst: BURST.length });
  Deno.bench({
    name,
    group: `bursts of ${BURST.length} to ${CLIENTS} clients`,
    async fn() {
      hub.publish(BURST);
      await clients.onBurst();
    },
  });
}
