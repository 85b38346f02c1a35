/**
 * A hub as a process, in Deno or in Node with `npm:ws`, for one spoke. Prints its URL, closes when the spoke asks for a
 * restart, opens again at the same port, and ends when the spoke has left. Then prints a report as JSON.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="../../support/ws.d.ts"
import { WebSocketServer } from "ws";
import { createPubSub, createWebSocketServerEventTarget, type WebSocketLike } from "@alkdev/pubsub";
import type { Events } from "./_events.ts";

const HOST = "127.0.0.1";

interface Server {
  readonly port: number;
  close(): Promise<void>;
}

type Listen = (port: number, onSocket: (socket: WebSocketLike) => void) => Promise<Server>;

const listenInDeno: Listen = (port, onSocket) => {
  const server = Deno.serve({ hostname: HOST, port, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    onSocket(socket);
    return response;
  });
  return Promise.resolve({ port: server.addr.port, close: () => server.shutdown() });
};

const listenInNode: Listen = async (port, onSocket) => {
  const server = createServer().listen(port, HOST);
  await once(server, "listening");
  new WebSocketServer({ server }).on("connection", onSocket);
  return {
    // A server that listens on TCP has an address of this shape.
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
};

const listen = typeof Deno === "undefined" ? listenInNode : listenInDeno;
const faults: string[] = [];
const closeCodes: unknown[] = [];

/** Serves until the spoke asks for a restart, or leaves. Returns the port. */
async function serve(port: number): Promise<number> {
  const over = new AbortController();
  const eventTarget = createWebSocketServerEventTarget({
    onError: (error, { stage }) => void faults.push(`${stage}: ${error}`),
    onDisconnection: () => over.abort(),
  });
  const pubsub = createPubSub<Events>({ eventTarget });
  const events = pubsub.subscribeAll({ signal: over.signal });
  const server = await listen(port, (socket) => {
    // The connection is too early for the next hub.
    if (over.signal.aborted) return socket.close();
    socket.addEventListener("close", ({ code }) => void closeCodes.push(code));
    eventTarget.addConnection(socket);
  });
  console.log(`ws://${HOST}:${server.port}`);

  const heard: number[] = [];
  for await (const event of events) {
    if (event.type === "restart.wanted") break;
    if (event.type === "number.up") heard.push(event.payload);
    if (event.type === "heard.wanted") pubsub.publish("numbers.heard", event.id, heard);
    if (event.type === "numbers.wanted") {
      for (let i = 0; i < event.payload; i++) pubsub.publish("number.down", event.id, i);
    }
  }
  over.abort();
  await eventTarget.close();
  await server.close();
  return server.port;
}

const port = await serve(0);
await serve(port);
console.log(JSON.stringify({ lastCloseCode: closeCodes.at(-1), faults }));
