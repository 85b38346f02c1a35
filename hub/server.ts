import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { NodeListeners } from "@alkdev/pubsub/http";

/** The header that has the address of the connection. The server sets it, whatever the client has sent. */
export const ADDRESS_HEADER = "pubsub-address";

const OPTIONS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  // Clients such as that of Java offer h2c with each request. Node 20 does not know this option.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket",
};

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /** Accepts no further connection, and ends those that are open. */
  close(): Promise<void>;
}

/** Listens with `node:http`, which every runtime has. */
export async function listen(
  hostname: string,
  port: number,
  { onRequest, onUpgrade }: NodeListeners,
): Promise<RunningServer> {
  const server = createServer(OPTIONS);
  const upgraded = new Set<Duplex>();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    onRequest(withAddress(request), response);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    onUpgrade(withAddress(request), socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    // Not once: without a listener, a later error, such as too many open files, ends the process.
    server.on("error", reject);
    server.listen(port, hostname, resolve);
  });
  return { url: urlOf(server, hostname), close: () => close(server, upgraded) };
}

function withAddress(request: IncomingMessage): IncomingMessage {
  const { remoteAddress = "", remotePort = "" } = request.socket;
  request.headers[ADDRESS_HEADER] = `${remoteAddress.replace(/^::ffff:/, "")}:${remotePort}`;
  return request;
}

function urlOf(server: Server, hostname: string): string {
  // Cast: a server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  const name = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${name}:${port}`;
}

async function close(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  // The server no longer has those, and waits for peers that do not answer.
  for (const socket of upgraded) socket.destroy();
  await closed;
}
