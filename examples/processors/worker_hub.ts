/** A worker of `worker_hubs.ts`, with a hub on the port that all workers share. */
import { createWebSocketServerEventTarget, createWorkerThreadEventTarget } from "@alkdev/pubsub";

const hub = createWebSocketServerEventTarget({
  upstream: createWorkerThreadEventTarget(),
  heartbeatMs: 8_000,
});

Deno.serve({ hostname: "127.0.0.1", port: Number(self.name), reusePort: true }, (request) => {
  if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});
