// The compared hubs, each with the protocol of its clients.

import { fileURLToPath } from "node:url";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runProcess } from "../scripts/lib/process.ts";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  type WebSocketServerOptions,
} from "../mod.ts";
import type { Protocol } from "./_clients.ts";
import { CONNECT, readFrame } from "./_connect.ts";
import { eachAlone, type Event, type Events, ID, joined, type Status, TOPIC, TYPE } from "./_load.ts";
import { startNatsServer } from "./_nats_server.ts";
import type { NodeProtocol } from "./_node_hub.ts";
import { startLineProcess } from "./_processes.ts";
import { createCrossws, SocketIoServer } from "./peers.ts";
import { serve } from "./_serve.ts";

/** A server that sends events to all its clients. */
export interface Hub {
  /** Its URL. */
  readonly port: number;
  /** The protocol of its clients. */
  readonly protocol: Protocol;
  /** Sends events to every client. */
  publish(burst: readonly Status[]): void;
}

/** Called with the payload of each event that a client publishes. */
type OnStatus = (status: Status) => void;

/** The hubs by their names in the tables. */
export const HUBS = {
  "@alkdev/pubsub": (onStatus?: OnStatus) => startPubSub({}, onStatus),
  // The cost of an upstream by itself: this one carries nothing.
  "@alkdev/pubsub, over an upstream": (onStatus?: OnStatus) =>
    startPubSub({ upstream: createInProcessEventTarget() }, onStatus),
  "socket.io": (onStatus?: OnStatus) => startSocketIo(onStatus && { onStatus }),
  "bare sockets, one send per event": (onStatus?: OnStatus) => startBare("bare", onStatus),
  "bare sockets, one send per burst": (onStatus?: OnStatus) => startBare("bare, joined", onStatus),
  crossws: startCrossws,
  "nats-core over nats-server": startNats,
  "@alkdev/pubsub on Node": () => startOnNode("pubsub"),
  "bare ws on Node, one send per event": () => startOnNode("bare"),
  "bare ws on Node, one send per burst": () => startOnNode("bare, joined"),
} satisfies Record<string, (onStatus?: OnStatus) => Hub | Promise<Hub>>;

/** The name of a hub. */
export type HubName = keyof typeof HUBS;

/** Starts a hub of the library. */
export function startPubSub(options: WebSocketServerOptions, onStatus?: OnStatus): Hub {
  const eventTarget = createWebSocketServerEventTarget(options);
  const { publish } = createPubSub<Events>({ eventTarget });
  if (onStatus !== undefined) {
    // Spokes send this type only with this payload.
    eventTarget.listen(TYPE, ID, { onEvent: ({ payload }) => onStatus(payload as Status) });
  }
  const port = serve((socket) => eventTarget.addConnection(socket));
  return {
    port,
    protocol: "pubsub",
    publish(burst) {
      for (const status of burst) publish(TYPE, ID, status);
    },
  };
}

/** Starts a server of socket.io. */
export async function startSocketIo(
  { onStatus = () => {}, adapter }: { readonly onStatus?: OnStatus; readonly adapter?: unknown } = {},
): Promise<Hub> {
  const server = createServer();
  const io = new SocketIoServer(server, {
    transports: ["websocket"],
    ...(adapter === undefined ? {} : { adapter }),
  });
  io.on("connection", (socket) => {
    socket.on("event", (event: Event) => {
      onStatus(event.payload);
      if (adapter !== undefined) socket.to(TOPIC).emit("event", event);
    });
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

/** The frames of a client: an event or a burst each. */
type BareProtocol = Extract<Protocol, `bare${string}`>;

const FRAMES_OF = { bare: eachAlone, "bare, joined": joined } satisfies Record<BareProtocol, unknown>;

function startBare(protocol: BareProtocol, onStatus: OnStatus = () => {}): Hub {
  const sockets: WebSocket[] = [];
  const port = serve((socket) => {
    sockets.push(socket);
    socket.onmessage = ({ data }) => readFrame(data, onStatus);
    socket.send("joined");
  });
  return { port, protocol, publish: sendToAll(sockets, protocol) };
}

function startCrossws(onStatus: OnStatus = () => {}): Hub {
  const { handleUpgrade, publish } = createCrossws({
    idleTimeout: 0,
    hooks: {
      open(peer) {
        peer.subscribe(TOPIC);
        peer.send("joined");
      },
      message: (_, message) => readFrame(message.text(), onStatus),
    },
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handleUpgrade);
  server.unref();
  return {
    port: server.addr.port,
    protocol: "bare",
    publish(burst) {
      for (const event of eachAlone(burst)) publish(TOPIC, event);
    },
  };
}

/** The NATS server is the hub, and the program is one of its clients. */
async function startNats(onStatus: OnStatus = () => {}): Promise<Hub> {
  const port = await startNatsServer();
  const fail = (error: string): never => {
    throw new Error(error);
  };
  return { port, protocol: "nats", publish: await CONNECT.nats(port, onStatus, fail) };
}

/** A hub in a process of its own. */
async function startOnNode(protocol: NodeProtocol): Promise<Hub> {
  const program = await Deno.makeTempFile({ prefix: "pubsub-bench-", suffix: ".mjs" });
  const source = fileURLToPath(new URL("_node_hub.ts", import.meta.url));
  await runProcess([Deno.execPath(), "bundle", "--quiet", `--output=${program}`, source]);
  const { next, tell } = startLineProcess(["node", program, protocol]);
  const port = Number(await next());
  await Deno.remove(program);
  return { port, protocol, publish: tell };
}

function sendToAll(
  sockets: readonly { send(data: string): void }[],
  protocol: BareProtocol,
): Hub["publish"] {
  return (burst) => {
    for (const frame of FRAMES_OF[protocol](burst)) {
      for (const socket of sockets) socket.send(frame);
    }
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
