// The hubs that are compared, each with what its clients speak.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  type WebSocketServerOptions,
} from "../mod.ts";
import type { Protocol } from "./_clients.ts";
import { type Events, ID, type Status, TOPIC, TYPE } from "./_load.ts";
import { SocketIoServer, WsServer } from "./peers.ts";

/** A server that sends events to all its clients. */
export interface Hub {
  /** Where it listens. */
  readonly port: number;
  /** What its clients speak. */
  readonly protocol: Protocol;
  /** Sends events to every client. */
  publish(burst: readonly Status[]): void;
}

/** The hubs by their names in the tables. */
export const HUBS = {
  "@alkdev/pubsub": () => startPubSub(),
  // What an upstream costs by itself: this one carries nothing anywhere.
  "@alkdev/pubsub, over an upstream": () => startPubSub({ upstream: createInProcessEventTarget() }),
  "socket.io": startSocketIo,
  "bare sockets, one send per event": () => startBare(eachAlone),
  "bare sockets, one send per burst": () => startBare(asOneFrame),
  "bare ws, one send per event": () => startWs(eachAlone),
  "bare ws, one send per burst": () => startWs(asOneFrame),
} satisfies Record<string, () => Hub | Promise<Hub>>;

/** The name of a hub. */
export type HubName = keyof typeof HUBS;

function startPubSub(options: WebSocketServerOptions = {}): Hub {
  const eventTarget = createWebSocketServerEventTarget(options);
  const { publish } = createPubSub<Events>({ eventTarget });
  const port = serve((socket) => eventTarget.addConnection(socket));
  return {
    port,
    protocol: "pubsub",
    publish(burst) {
      for (const status of burst) publish(TYPE, ID, status);
    },
  };
}

async function startSocketIo(): Promise<Hub> {
  const server = createServer();
  const io = new SocketIoServer(server, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    socket.join(TOPIC);
    socket.emit("joined");
  });
  return {
    port: await listen(server),
    protocol: "socket.io",
    publish(burst) {
      for (const payload of burst) io.to(TOPIC).emit("event", { type: TYPE, id: ID, payload });
    },
  };
}

function startBare(framesOf: (burst: readonly Status[]) => string[]): Hub {
  const sockets: WebSocket[] = [];
  const port = serve((socket) => {
    sockets.push(socket);
    socket.send("joined");
  });
  return { port, protocol: "bare", publish: sendToAll(sockets, framesOf) };
}

async function startWs(framesOf: (burst: readonly Status[]) => string[]): Promise<Hub> {
  const server = createServer();
  const sockets: { send(data: string): void }[] = [];
  new WsServer({ server }).on("connection", (socket) => {
    sockets.push(socket);
    socket.send("joined");
  });
  return { port: await listen(server), protocol: "bare", publish: sendToAll(sockets, framesOf) };
}

function sendToAll(
  sockets: readonly { send(data: string): void }[],
  framesOf: (burst: readonly Status[]) => string[],
): Hub["publish"] {
  return (burst) => {
    for (const frame of framesOf(burst)) {
      for (const socket of sockets) socket.send(frame);
    }
  };
}

function eachAlone(burst: readonly Status[]): string[] {
  return burst.map((payload) => JSON.stringify({ type: TYPE, id: ID, payload }));
}

function asOneFrame(burst: readonly Status[]): string[] {
  return [`[${eachAlone(burst).join(",")}]`];
}

/** Serves WebSockets of Deno on a free port. */
function serve(onSocket: (socket: WebSocket) => void): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => onSocket(socket));
    return response;
  });
  server.unref();
  return server.addr.port;
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
