// Serves the public hub by npm:ws, on Node or on Deno:
//
//     node serve_ws.mjs 8787
//     deno run --allow-net --allow-env serve_ws.mjs 8787

import { createServer } from "node:http";
import { argv } from "node:process";
import { WebSocketServer } from "ws";
import { add, admit, MAX_MESSAGE_BYTES, refusal } from "./hub.ts";

const sockets = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
});

const server = createServer({ maxHeaderSize: 8_192, headersTimeout: 10_000 }, (_request, response) => {
  response.writeHead(426).end();
});

server.on("upgrade", async (request, socket, head) => {
  // The peer may leave while its user is looked up.
  socket.on("error", () => socket.destroy());
  const { origin } = request.headers;
  // Not by `new URL`, which throws for some targets: nothing here may end the process.
  const token = new URLSearchParams(request.url?.split("?")[1]).get("token") ?? undefined;
  const address = request.socket.remoteAddress ?? "";
  const admission = await admit({ origin, token }).catch(() => ({ status: 500 }));
  const status = "status" in admission ? admission.status : refusal(address);
  if (status !== undefined) {
    // The peer may keep its half open.
    return void socket.end(`HTTP/1.1 ${status} \r\nConnection: close\r\n\r\n`, () => socket.destroy());
  }
  sockets.handleUpgrade(request, socket, head, (webSocket) => add(webSocket, admission.user, address));
});

server.listen(Number(argv[2] ?? 8787), "127.0.0.1", () => console.log(server.address()));
