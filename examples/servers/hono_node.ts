// node hono_node.ts
import { createWebSocketHandlers } from "@alkdev/pubsub";
import { serve, upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import { WebSocketServer } from "ws";
import { hub } from "./hub.ts";

const app = new Hono();
app.get("/", (c) => c.text("Hello\n"));
app.get("/events", upgradeWebSocket(() => createWebSocketHandlers(hub)));

const hostname = "127.0.0.1";
const port = Number(process.env.PORT ?? 8787);
const websocket = { server: new WebSocketServer({ noServer: true }) };
serve(
  { fetch: app.fetch, hostname, port, websocket },
  (address) => console.log("listening", address),
);
