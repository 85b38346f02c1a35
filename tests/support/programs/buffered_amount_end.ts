/**
 * One end of a connection on Deno or Node: arguments `client|server`, `native|ws`, `deflate|plain`, a load as JSON, and for a
 * client the URL. A server prints its port first; both print what they saw.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
// @ts-types="../ws.d.ts"
import { WebSocket as WsWebSocket, WebSocketServer } from "ws";
import { type Measured, watchBufferedAmount } from "./buffered_amount_probe.ts";

const [role, kind, deflate, load = "", url = ""] = process.argv.slice(2);
const perMessageDeflate = deflate === "deflate";

async function watch(socket: Measured): Promise<void> {
  console.log(JSON.stringify(await watchBufferedAmount(socket, JSON.parse(load))));
  process.exit();
}

if (role === "client") {
  const socket = kind === "native" ? new WebSocket(url) : new WsWebSocket(url, { perMessageDeflate });
  socket.addEventListener("open", () => void watch(socket));
} else if (kind === "native") {
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => void watch(socket);
    return response;
  });
} else {
  const http = createServer();
  new WebSocketServer({ server: http, perMessageDeflate }).on("connection", (socket) => void watch(socket));
  // A server that listens on TCP has an address of this shape.
  http.listen(0, "127.0.0.1", () => console.log((http.address() as AddressInfo).port));
}
