// bun hono_bun.ts
import { createWebSocketHandlers } from "@alkdev/pubsub";
import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";
import { hub } from "./hub.ts";

const app = new Hono();
app.get("/", (c) => c.text("Hello\n"));
app.get("/events", upgradeWebSocket(() => createWebSocketHandlers(hub)));

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: process.env.PORT ?? 8787,
  fetch: app.fetch,
  websocket,
});
console.log("listening", server.url.href);
