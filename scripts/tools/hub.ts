/**
 * A hub for the command line: an event that a spoke publishes reaches every spoke that is subscribed to it, the sender
 * included.
 *
 *     deno run --allow-net --allow-env=PORT scripts/tools/hub.ts [--port 4242] [--hostname 127.0.0.1]
 *
 * `PORT` can name the port too. The default, 0, takes a free port. The hub prints its URL on stdout, and each spoke that
 * comes or leaves on stderr. SIGINT or SIGTERM ends it, after all published events have been sent.
 *
 * @module
 */
import { createWebSocketServerEventTarget, type WebSocketServerEventTarget } from "@alkdev/pubsub";
import { parseArgs } from "node:util";
import { aborted, readNumber, runProgram } from "../lib/program.ts";

/** Options of {@linkcode startHub}. */
export interface StartHubOptions {
  /**
   * Where to listen.
   *
   * @default "127.0.0.1", which only this machine reaches
   */
  readonly hostname?: string;
  /**
   * The port, or 0 for a free one.
   *
   * @default 0
   */
  readonly port?: number;
  /** Called with a line for each spoke that comes or goes. */
  readonly log?: (line: string) => void;
}

/** A hub that listens. */
export interface RunningHub extends AsyncDisposable {
  /** The URL that spokes connect to. */
  readonly url: string;
  /** Publishes to the spokes, and hears what they publish. */
  readonly eventTarget: WebSocketServerEventTarget;
  /** Sends all waiting events, then ends every connection and the server. */
  close(): Promise<void>;
}

/** Starts a hub that relays between its spokes. */
export function startHub(options: StartHubOptions = {}): RunningHub {
  const { hostname = "127.0.0.1", port = 0, log = () => {} } = options;
  const addresses = new WeakMap<object, string>();
  const eventTarget = createWebSocketServerEventTarget({
    onConnection: (_spoke, socket) => log(`+ ${addresses.get(socket)}, ${count()}`),
    onDisconnection: (_spoke, socket) => log(`- ${addresses.get(socket)}, ${count()}`),
  });
  const count = (): string =>
    `${eventTarget.connectionCount} ${eventTarget.connectionCount === 1 ? "spoke" : "spokes"}`;

  // The hub hears its spokes and publishes to them, so relaying is a listener that publishes.
  eventTarget.listen("*", undefined, { onEvent: (envelope) => eventTarget.publish(envelope) });

  const server = Deno.serve(
    {
      hostname,
      port,
      onListen: () => {},
      onError: (error) => new Response(`${error}\n`, { status: 400 }),
    },
    (request, { remoteAddr }) => {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
        return new Response("This is a hub: connect with a WebSocket\n", { status: 426 });
      }
      // Every client that gets here may publish and subscribe to everything. A real hub checks first who the client is,
      // and its Origin.
      const { socket, response } = Deno.upgradeWebSocket(request);
      addresses.set(socket, `${remoteAddr.hostname}:${remoteAddr.port}`);
      eventTarget.addConnection(socket);
      return response;
    },
  );

  async function close(): Promise<void> {
    await eventTarget.close();
    await server.shutdown();
  }
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { url: `ws://${host}:${server.addr.port}`, eventTarget, close, [Symbol.asyncDispose]: close };
}

if (import.meta.main) {
  await runProgram({
    usage: "hub.ts [--port 4242] [--hostname 127.0.0.1]",
    readOptions(args) {
      const { values } = parseArgs({
        args,
        options: { hostname: { type: "string" }, port: { type: "string" } },
      });
      const port = readNumber("the port", values.port ?? Deno.env.get("PORT") ?? "0", 0, 65_535);
      return { port, hostname: values.hostname ?? "127.0.0.1" };
    },
    async run(options, interrupted) {
      const hub = startHub({ ...options, log: console.error });
      console.log(hub.url);
      await aborted(interrupted);
      await hub.close();
      return 0;
    },
  });
}
