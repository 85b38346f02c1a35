// node server.ts, after next build
import { createServer } from "node:http";
import next from "next";
import { WebSocketServer } from "ws";
import { hub } from "../hub.ts";

const port = Number(process.env.PORT ?? 8787);
const app = next({ dev: process.env.NODE_ENV === "development" });
await app.prepare();
const handle = app.getRequestHandler();
const upgrade = app.getUpgradeHandler();

const server = createServer((request, response) => void handle(request, response));
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  // Next.js has sockets of its own, with which it reloads pages in development.
  if (request.url !== "/events") return void upgrade(request, socket, head);
  sockets.handleUpgrade(request, socket, head, (ws) => hub.addConnection(ws));
});
server.listen(
  port,
  "127.0.0.1",
  () => console.log("listening", server.address()),
);
