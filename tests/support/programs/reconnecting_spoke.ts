/**
 * A spoke of the hub whose URL is its argument, bundled for other runtimes. Prints a line for each state and each event,
 * and ends at the event `last`.
 */
import process from "node:process";
// @ts-types="../ws.d.ts"
import { WebSocket as Ws } from "ws";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";

const [url = ""] = process.argv.slice(2);
// Node 20 has no WebSocket.
const WebSocket = globalThis.WebSocket ?? Ws;
const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(url), {
  reconnectDelayMs: 20,
  maxReconnectDelayMs: 50,
  onError: () => {},
  onStatus: ({ state, gap, code }) => console.log([state, code, gap && "gap"].filter(Boolean).join(" ")),
  onOpen: (send) => send({ type: "joined", id: "1", payload: null }),
});
for await (const { id } of createPubSub({ eventTarget }).subscribe("n")) {
  console.log(`event ${id}`);
  if (id === "last") break;
}
await eventTarget.close();
