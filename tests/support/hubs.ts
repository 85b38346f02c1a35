/** Real hubs on loopback: `Deno.serve` with `Deno.upgradeWebSocket`, and `npm:ws` on `node:http`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="./ws.d.ts"
import { WebSocketServer, type WebSocketServerSettings } from "ws";
import {
  createWebSocketServerEventTarget,
  type SpokeEventTarget,
  type WebSocketLike,
  type WebSocketServerEventTarget,
  type WebSocketServerOptions,
} from "@alkdev/pubsub";
import type { Fault } from "./conformance/mod.ts";

/** A hub that serves on a port of its own. */
export interface ServedHub extends AsyncDisposable {
  readonly hub: WebSocketServerEventTarget;
  readonly url: string;
  readonly port: number;
  readonly faults: Fault[];
  /** The lifecycle callbacks of the hub, in order. */
  readonly log: string[];
  /** The sockets that were handed to the hub. */
  readonly sockets: WebSocketLike[];
  /** The spokes that it gave for them. */
  readonly spokes: SpokeEventTarget[];
  /** Called with each socket before the hub has it. */
  onSocket: (socket: WebSocketLike) => void;
  /** How long a socket waits for the hub; without one, the hub has it in the same turn. */
  lateMs?: number | undefined;
}

/** The parts that both kinds of hub share. */
function createHub(options: WebSocketServerOptions): Omit<ServedHub, "url" | "port" | keyof AsyncDisposable> {
  const faults: Fault[] = [];
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget({
    onError: (error, context) => void faults.push({ error, context }),
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
    onBackpressure: () => void log.push("backpressure"),
    ...options,
  });
  return { hub, faults, log, sockets: [], spokes: [], onSocket() {} };
}

function add(parts: ReturnType<typeof createHub>, socket: WebSocketLike): void {
  parts.onSocket(socket);
  parts.sockets.push(socket);
  const give = () => void parts.spokes.push(parts.hub.addConnection(socket));
  if (parts.lateMs === undefined) give();
  else setTimeout(give, parts.lateMs);
}

/** Starts a hub on `Deno.serve`; without a port, on a free one. */
export function serveHub(options: WebSocketServerOptions = {}): ServedHub {
  const parts = createHub(options);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    // Pings are Deno's own matter here; a test that lasts longer than its default would see them.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    add(parts, socket);
    return response;
  });
  const { port } = server.addr;
  return Object.assign(parts, {
    port,
    url: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await parts.hub.close();
      await server.shutdown();
    },
  });
}

/** Starts a hub on `npm:ws`. */
export async function serveNodeHub(
  options: WebSocketServerOptions = {},
  settings: WebSocketServerSettings = {},
): Promise<ServedHub> {
  const parts = createHub(options);
  const http = createServer();
  const server = new WebSocketServer({ ...settings, server: http });
  server.on("connection", (socket) => add(parts, socket));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = http.address() as AddressInfo;
  return Object.assign(parts, {
    port,
    url: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await parts.hub.close();
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
      await new Promise((resolve) => http.close(resolve));
    },
  });
}
