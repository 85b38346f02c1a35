// deno run --allow-net --allow-env hono_deno.ts
import { createWebSocketHandlers } from "@alkdev/pubsub";
import { Hono } from "hono";
import { upgradeWebSocket } from "hono/deno";
import { hub } from "./hub.ts";

const app = new Hono();
app.get("/", (c) => c.text("Hello\n"));
app.get("/events", upgradeWebSocket(() => createWebSocketHandlers(hub)));

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8787),
}, app.fetch);
