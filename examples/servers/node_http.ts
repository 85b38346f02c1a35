// node node_http.ts
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { hub } from "./hub.ts";

const port = Number(process.env.PORT ?? 8787);
const server = createServer((_request, response) => response.end("Hello\n"));
const sockets = new WebSocketServer({ noServer: true });

server.on("upgrade", (request, socket, head) => {
  if (request.url !== "/events" || !hub.accepts()) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (ws) => hub.addConnection(ws));
});
server.listen(
  port,
  "127.0.0.1",
  () => console.log("listening", server.address()),
);
