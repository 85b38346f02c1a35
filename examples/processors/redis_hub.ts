/**
 * A hub on each processor, behind one port. The hubs share a Redis:
 *
 *     deno serve --parallel --port 8787 -A examples/processors/redis_hub.ts
 *
 * Deno starts this module once a processor, each time in a thread of its own. `REDIS_URL` names the Redis.
 *
 * @module
 */
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
// Only this repository needs the next line: it is checked without the types of Node.
// @ts-types="../../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";

const url = Deno.env.get("REDIS_URL") ?? "redis://127.0.0.1:6379";
const upstream = createRedisEventTarget({
  publishClient: new Redis(url, { autoResendUnfulfilledCommands: false }),
  subscribeClient: new Redis(url),
});
const hub = createWebSocketServerEventTarget({ upstream, heartbeatMs: 8_000 });

export default {
  fetch(request) {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  },
} satisfies Deno.ServeDefaultExport;

// With ioredis, `deno serve` does not end by SIGTERM on its own.
Deno.addSignalListener("SIGTERM", async () => {
  await hub.close();
  Deno.exit();
});
