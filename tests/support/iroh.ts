/** Real endpoints of Iroh on loopback, without relays. It runs on Node 20 too, which has no `using`. */
import type { Connection, Endpoint } from "@number0/iroh";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import {
  createHubIrohEventTarget,
  createSpokeIrohEventTarget,
  type HubIrohEventTarget,
  type HubIrohOptions,
  type IrohConnection,
  type IrohSpokeEventTarget,
  type SpokeIrohOptions,
} from "@alkdev/pubsub/event-target-iroh";
import { ALPN, bindLocal, bytesOf } from "../../scripts/lib/iroh.ts";
import type { Ends, Fault } from "./conformance/mod.ts";
import { eventually } from "./eventually.ts";

/** The time in which the binding settles its last promises after an endpoint was closed, in milliseconds. */
const SETTLE_MS = 300;

// Deno crashes if it tears down a test file earlier, and nothing reports when the promises are settled. Programs and Node
// have no such hook, and need none.
globalThis.Deno?.test.afterAll?.(() => new Promise((resolve) => setTimeout(resolve, SETTLE_MS)));

export { ALPN, bindLocal, bytesOf };

/** A hub that accepts connections on an endpoint of its own. */
export interface ServedIrohHub extends AsyncDisposable {
  readonly hub: HubIrohEventTarget<CustomEvent, Connection>;
  readonly endpoint: Endpoint;
  readonly faults: Fault[];
  /** The lifecycle callbacks of the hub, in order. */
  readonly log: string[];
  /** Its spokes, in order. */
  readonly spokes: IrohSpokeEventTarget[];
  /** The connections of the spokes. */
  readonly connections: Connection[];
}

/** Starts a hub. */
export async function serveIrohHub(options: HubIrohOptions<Connection> = {}): Promise<ServedIrohHub> {
  const faults: Fault[] = [];
  const log: string[] = [];
  const spokes: IrohSpokeEventTarget[] = [];
  const connections: Connection[] = [];
  const hub = createHubIrohEventTarget<CustomEvent, Connection>(undefined, {
    onError: (error, context) => void faults.push({ error, context }),
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
    onBackpressure: () => void log.push("backpressure"),
    ...options,
  });
  const endpoint = await bindLocal(true);
  const accepting = acceptAll(endpoint, (connection) => {
    connections.push(connection);
    spokes.push(hub.addConnection(connection));
  });
  return {
    hub,
    endpoint,
    faults,
    log,
    spokes,
    connections,
    async [Symbol.asyncDispose]() {
      await hub.close();
      await endpoint.close();
      await accepting;
    },
  };
}

/** Accepts connections until the endpoint is closed, even if some of them fail. */
export async function acceptAll(
  endpoint: Endpoint,
  onConnection: (connection: Connection) => void,
): Promise<void> {
  for (let incoming; (incoming = await endpoint.acceptNext()) !== null;) {
    // A refused or failed connection must not affect the next one.
    void incoming.accept().then((accepting) => accepting.connect()).then(onConnection).catch(() => {});
  }
}

/** A connection from an endpoint of its own. */
export interface IrohClient extends AsyncDisposable {
  readonly connection: Connection;
  readonly endpoint: Endpoint;
}

/** Connects to a hub. */
export async function connectIroh(hub: Endpoint): Promise<IrohClient> {
  const endpoint = await bindLocal(false);
  const connection = await endpoint.connect(hub.addr(), ALPN);
  return { connection, endpoint, [Symbol.asyncDispose]: () => endpoint.close() };
}

/** The methods of a connection, bound, so that a test can replace some of them. */
export function methodsOf(connection: Connection): IrohConnection {
  return {
    remoteId: () => connection.remoteId(),
    openBi: () => connection.openBi(),
    acceptBi: () => connection.acceptBi(),
    acceptUni: () => connection.acceptUni(),
    closed: () => connection.closed(),
    closeReason: () => connection.closeReason(),
    close: (code, reason) => connection.close(code, reason),
  };
}

/** A link, what it reported, and what it is over. */
export interface OpenIrohLink extends IrohClient {
  readonly link: PubSubEventTarget;
  readonly faults: Fault[];
}

/** Opens a link to a hub. */
export async function openIrohLink(hub: Endpoint, options: SpokeIrohOptions = {}): Promise<OpenIrohLink> {
  const faults: Fault[] = [];
  const client = await connectIroh(hub);
  const link = createSpokeIrohEventTarget(client.connection, {
    onError: (error, context) => void faults.push({ error, context }),
    ...options,
  });
  return {
    ...client,
    link,
    faults,
    async [Symbol.asyncDispose]() {
      await link.close();
      await client.endpoint.close();
    },
  };
}

/** The ends of one link and its hub, in either direction. */
export async function openIrohEnds(
  direction: "hub to link" | "link to hub",
): Promise<Ends<PubSubEventTarget>> {
  const served = await serveIrohHub();
  const { hub } = served;
  const open = await openIrohLink(served.endpoint);
  const { link } = open;
  await link.flush();
  await eventually(() => hub.connectionCount === 1);
  const [near, far] = direction === "hub to link" ? [hub, link] : [link, hub];
  return {
    near,
    far,
    get faults() {
      return [...open.faults, ...served.faults];
    },
    async settle() {
      await link.flush();
      await hub.flush();
    },
    async [Symbol.asyncDispose]() {
      await open[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    },
  };
}
