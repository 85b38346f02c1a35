import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** One port in front of several servers on this machine. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** The ports of the servers, which get connections in turn. The fleet adds and removes them. */
  readonly targets: Set<number>;
}

/** Starts a proxy that distributes connections among its targets, whether they answer or not. */
export async function startProxy(): Promise<Proxy> {
  const targets = new Set<number>();
  const sockets = new Set<Socket>();
  let turn = 0;

  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  const server = createServer((spoke) => {
    const ports = [...targets];
    const port = ports[turn++ % ports.length];
    if (port === undefined) return void spoke.on("error", () => {}).destroy();
    const hub = connect(port, "127.0.0.1");
    join(spoke, hub);
    join(hub, spoke);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // A server that listens on TCP has an address of this shape.
    port: (server.address() as AddressInfo).port,
    targets,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
