// node crossws.ts, bun crossws.ts, or deno run -A crossws.ts
import { createWebSocketHandlers } from "@alkdev/pubsub";
import { serve } from "crossws/server";
import { hub } from "./hub.ts";

const server = serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 8787),
  fetch: () => new Response("Hello\n"),
  websocket: createWebSocketHandlers(hub),
});
await server.ready();
console.log("listening", server.url);
