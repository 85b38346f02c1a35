/** A server of many sockets: a hub, or bare sockets that answer what they get. It says how long its event loop was blocked. */
import { createInProcessEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { StopClock } from "../../../scripts/lib/stop_clock.ts";

const [kind, port] = Deno.args;
const TICK_MS = 5;

const hub = createWebSocketServerEventTarget({ upstream: createInProcessEventTarget() });
const clock = new StopClock(TICK_MS);

Deno.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  onListen() {
    // What came before is the start of the program.
    clock.take();
    console.log("listens");
  },
}, (request) => {
  if (request.headers.get("upgrade") === null) return Response.json({ longestMs: clock.take() });
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  if (kind === "hub") hub.addConnection(socket);
  else socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
