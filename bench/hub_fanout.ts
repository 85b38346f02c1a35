// How many events a second does a hub deliver to a hundred spokes over real sockets?
//
// Every row has a server on this thread and its clients, which read and check each event, in a worker of their own.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPubSub, createWebSocketServerEventTarget } from "../mod.ts";
import type { Clients, ClientsReport, Protocol } from "./_fanout_clients.ts";
import { BURST, type Events, ID, TOPIC, TYPE } from "./_load.ts";
import { SocketIoServer } from "./peers.ts";

const CLIENTS = 100;

const group = `bursts of ${BURST.length} to ${CLIENTS} clients`;

{
  const eventTarget = createWebSocketServerEventTarget();
  const { publish } = createPubSub<Events>({ eventTarget });
  const onBurst = await connect(serve((socket) => eventTarget.addConnection(socket)), "pubsub");
  Deno.bench({
    name: "@alkdev/pubsub",
    group,
    baseline: true,
    async fn() {
      for (const status of BURST) publish(TYPE, ID, status);
      await onBurst();
    },
  });
}

{
  const server = createServer();
  const io = new SocketIoServer(server, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    socket.join(TOPIC);
    socket.emit("joined");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const onBurst = await connect((server.address() as AddressInfo).port, "socket.io");
  Deno.bench({
    name: "socket.io",
    group,
    async fn() {
      for (const payload of BURST) io.to(TOPIC).emit("event", { type: TYPE, id: ID, payload });
      await onBurst();
    },
  });
}

{
  const { sockets, onBurst } = await connectBare();
  Deno.bench({
    name: "bare sockets, one send per event",
    group,
    async fn() {
      for (const payload of BURST) {
        const data = JSON.stringify({ type: TYPE, id: ID, payload });
        for (const socket of sockets) socket.send(data);
      }
      await onBurst();
    },
  });
}

{
  const { sockets, onBurst } = await connectBare();
  Deno.bench({
    name: "bare sockets, one send per burst",
    group,
    async fn() {
      const events = BURST.map((payload) => JSON.stringify({ type: TYPE, id: ID, payload }));
      const data = `[${events.join(",")}]`;
      for (const socket of sockets) socket.send(data);
      await onBurst();
    },
  });
}

/** Serves WebSockets on a free port. */
function serve(onSocket: (socket: WebSocket) => void): number {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => onSocket(socket));
    return response;
  });
  server.unref();
  return server.addr.port;
}

/** Connects the clients to bare sockets. */
async function connectBare(): Promise<{ sockets: WebSocket[]; onBurst: () => Promise<void> }> {
  const sockets: WebSocket[] = [];
  const port = serve((socket) => {
    sockets.push(socket);
    socket.send("joined");
  });
  return { sockets, onBurst: await connect(port, "bare") };
}

/** Connects the clients. Returns what waits until each of them has had a burst. */
async function connect(port: number, protocol: Protocol): Promise<() => Promise<void>> {
  const worker = new Worker(new URL("./_fanout_clients.ts", import.meta.url), { type: "module" });
  const next = async (expected: ClientsReport): Promise<void> => {
    const { data } = await new Promise<MessageEvent<ClientsReport>>((resolve) => worker.onmessage = resolve);
    if (data !== expected) throw new Error(`${protocol}: ${JSON.stringify(data)} instead of "${expected}"`);
  };
  const connected = next("connected");
  worker.postMessage({ port, protocol, count: CLIENTS } satisfies Clients);
  await connected;
  return () => next("burst");
}
