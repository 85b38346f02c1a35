/**
 * A hub over QUIC: an event that a spoke publishes reaches every spoke that is subscribed to it, the sender included.
 * The two ends find each other wherever they are, also behind NAT.
 *
 *     deno run -A examples/iroh_hub.ts [--key hub.key] [--local] --allow <endpoint id> …
 *
 * Prints its ticket on stdout, by which a spoke finds it, and each spoke that comes or leaves on stderr. Only the named
 * endpoints may connect; `examples/iroh_spoke.ts --key spoke.key --id` prints the id of a spoke. With `--allow-anyone`
 * every endpoint may connect. `--key` keeps the hub's identity, and so its ticket, over restarts. With `--local` only
 * this machine can reach it. SIGINT or SIGTERM ends it, after all published events have been sent.
 *
 * @module
 */
import { createHubIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { type Connection, EndpointId, EndpointTicket, type Incoming } from "@number0/iroh";
import { parseArgs } from "node:util";
import { bindEndpoint, bytesOf, HEARTBEAT_MS, interruption } from "./iroh/endpoint.ts";

/** Close code of a connection that is not allowed: 44xx is HTTP's 4xx, and 403 is forbidden. */
const FORBIDDEN = 4403n;

const { keyFile, local, allowed } = readOptions();
const interrupted = interruption();
const eventTarget = createHubIrohEventTarget(undefined, {
  heartbeatMs: HEARTBEAT_MS,
  onConnection: ({ endpointId }) => console.error(`+ ${endpointId}, ${eventTarget.connectionCount} in all`),
  onDisconnection: ({ endpointId }) =>
    console.error(`- ${endpointId}, ${eventTarget.connectionCount} in all`),
});
// The hub hears its spokes and publishes to them, so relaying is a listener that publishes.
eventTarget.listen("*", undefined, { onEvent: (envelope) => eventTarget.publish(envelope) });

const endpoint = await bindEndpoint({ keyFile, local, accepts: true });
const accepting = acceptAll();
const stopped = new Promise((resolve) => interrupted.addEventListener("abort", resolve));
// The ticket names the relay, by which the hub is found from elsewhere.
if (!local) await Promise.race([endpoint.online(), stopped]);
console.log(EndpointTicket.fromAddr(endpoint.addr()).toString());
await stopped;
await eventTarget.close();
await endpoint.close();
await accepting;
Deno.exit();

/** Accepts connections until the endpoint is closed. */
async function acceptAll(): Promise<void> {
  for (let incoming; (incoming = await endpoint.acceptNext()) !== null;) {
    // Not awaited, and caught: a slow connection, or one that speaks another protocol, must not stop the hub.
    void accept(incoming).then(addConnection).catch((error: Error) => {
      console.error(`! A connection failed: ${error.message.split("\n", 1)[0]}`);
    });
  }
}

async function accept(incoming: Incoming): Promise<Connection> {
  const accepting = await incoming.accept();
  return await accepting.connect();
}

function addConnection(connection: Connection): void {
  const id = connection.remoteId().toString();
  if (allowed === undefined || allowed.has(id)) return void eventTarget.addConnection(connection);
  console.error(`! ${id} may not connect`);
  connection.close(FORBIDDEN, bytesOf(`the hub does not know ${id}`));
}

/** Reads the arguments; without `allowed`, every endpoint may connect. */
function readOptions(): { keyFile: string | undefined; local: boolean; allowed: Set<string> | undefined } {
  try {
    const { values: { key, local, allow, "allow-anyone": anyone } } = parseArgs({
      options: {
        key: { type: "string" },
        local: { type: "boolean", default: false },
        allow: { type: "string", multiple: true, default: [] },
        "allow-anyone": { type: "boolean", default: false },
      },
    });
    if (anyone === allow.length > 0) throw new TypeError("Give --allow <endpoint id>, or --allow-anyone");
    // Written as the binding writes them, however they were given.
    const ids = allow.map((id) => EndpointId.fromString(id).toString());
    return { keyFile: key, local, allowed: anyone ? undefined : new Set(ids) };
  } catch (error) {
    console.error(
      `${error}\nUsage: iroh_hub.ts [--key <file>] [--local] --allow <endpoint id> … | --allow-anyone`,
    );
    Deno.exit(2);
  }
}
