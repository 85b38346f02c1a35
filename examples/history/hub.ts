// A hub that keeps what it publishes: a thousand numbers a second, and the last 100,000 of them for spokes that come late or
// come back.
//
//     deno run --allow-net examples/history/hub.ts [port]

import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import type { Events } from "./events.ts";

const [port = "8787"] = Deno.args;
const history = createMemoryHistory({ number: { perId: 100_000 } });
const eventTarget = createWebSocketServerEventTarget({ history });
const pubsub = createPubSub<Events>({ eventTarget });

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  eventTarget.addConnection(socket);
  return response;
});

let n = 0;
setInterval(() => {
  for (let i = 0; i < 10; i++) pubsub.publish("number", "natural", { n: ++n });
}, 10);
