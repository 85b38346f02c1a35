/** A server of many sockets: a hub, or bare sockets that answer what they get. It says how long its event loop was blocked. */
import { createInProcessEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";

const [kind, port] = Deno.args;
const TICK_MS = 5;

const hub = createWebSocketServerEventTarget({ upstream: createInProcessEventTarget() });
let longestMs = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  longestMs = Math.max(longestMs, now - last - TICK_MS);
  last = now;
}, TICK_MS);

Deno.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  onListen() {
    // What came before is the start of the program.
    longestMs = 0;
    console.log("listens");
  },
}, (request) => {
  if (request.headers.get("upgrade") === null) return Response.json({ longestMs });
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  if (kind === "hub") hub.addConnection(socket);
  else socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
