// A hub: publishes the status of a session every second, and prints which spokes join.
//
//     deno run --allow-net examples/hub.ts [port]

import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import type { Events } from "./events.ts";

const [port = "8787"] = Deno.args;
const eventTarget = createWebSocketServerEventTarget();
const pubsub = createPubSub<Events>({ eventTarget });

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  eventTarget.addConnection(socket);
  return response;
});

let ticks = 0;
setInterval(() => {
  pubsub.publish("session.status", "proj_123", { state: ++ticks % 2 ? "running" : "idle" });
}, 1000);

for await (const { id, payload } of pubsub.subscribe("spoke.joined")) console.log(id, payload.name);
