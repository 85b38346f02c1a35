// bun bun.ts
import { createWebSocketHandlers } from "@alkdev/pubsub";
import { hub } from "./hub.ts";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: process.env.PORT ?? 8787,
  fetch(request, server) {
    if (new URL(request.url).pathname !== "/events") {
      return new Response("Hello\n");
    }
    if (hub.accepts() && server.upgrade(request)) return;
    return new Response(null, { status: 503 });
  },
  websocket: createWebSocketHandlers(hub),
});
console.log("listening", server.url.href);
