/**
 * A hub over QUIC: what a spoke publishes reaches every spoke that is subscribed to it, its sender included.
 * The two ends find each other wherever they are, also behind NAT.
 *
 *     deno run -A examples/iroh_hub.ts [--key hub.key] [--local] --allow <endpoint id> …
 *
 * Prints its ticket on stdout, which is what a spoke needs to find it, and who comes and goes on stderr. Only
 * the endpoints that are named may connect; `examples/iroh_spoke.ts --key spoke.key --id` prints its own. With
 * `--allow-anyone` every one may. `--key` keeps its identity, and so its ticket valid, over restarts. With
 * `--local` it can be reached on this machine only. SIGINT or SIGTERM ends it, after what was published has
 * left.
 *
 * @module
 */
import { createHubIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { type Connection, type Endpoint, EndpointId, EndpointTicket, type Incoming } from "@number0/iroh";
import { parseArgs } from "node:util";
import { bindEndpoint, bytesOf, HEARTBEAT_MS } from "./_shared/iroh.ts";
import { aborted, messageOf, runProgram } from "./_shared/program.ts";

/** Close code of a connection that may not be; 44xx is HTTP's 4xx, and 403 is forbidden. */
const FORBIDDEN = 4403n;

interface HubOptions {
  readonly keyFile: string | undefined;
  readonly local: boolean;
  /** The endpoint ids that may connect, or `undefined` for any. */
  readonly allowed: ReadonlySet<string> | undefined;
}

function readOptions(args: string[]): HubOptions {
  const { values } = parseArgs({
    args,
    options: {
      key: { type: "string" },
      local: { type: "boolean", default: false },
      allow: { type: "string", multiple: true, default: [] },
      "allow-anyone": { type: "boolean", default: false },
    },
  });
  const { key, local, allow, "allow-anyone": anyone } = values;
  if (anyone === allow.length > 0) {
    throw new TypeError("Say who may connect: --allow <endpoint id>, or --allow-anyone");
  }
  // As the binding writes them, whichever way they were given.
  const ids = allow.map((id) => EndpointId.fromString(id).toString());
  return { keyFile: key, local, allowed: anyone ? undefined : new Set(ids) };
}

async function run({ keyFile, local, allowed }: HubOptions, interrupted: AbortSignal): Promise<number> {
  const eventTarget = createHubIrohEventTarget(undefined, {
    heartbeatMs: HEARTBEAT_MS,
    onConnection: ({ endpointId }) => console.error(`+ ${endpointId}, ${eventTarget.connectionCount} in all`),
    onDisconnection: ({ endpointId }) =>
      console.error(`- ${endpointId}, ${eventTarget.connectionCount} in all`),
  });
  // A hub hears its spokes, and publishes to them: relaying is to do both.
  eventTarget.listen("*", undefined, { onEvent: (envelope) => eventTarget.publish(envelope) });

  const endpoint = await bindEndpoint({ keyFile, local, accepts: true });
  const accepting = acceptAll(endpoint, (connection) => {
    const id = connection.remoteId().toString();
    if (allowed === undefined || allowed.has(id)) return void eventTarget.addConnection(connection);
    console.error(`! ${id} may not connect`);
    connection.close(FORBIDDEN, bytesOf(`the hub does not know ${id}`));
  });
  // The ticket names the relay, by which the hub is found from elsewhere.
  if (!local) await Promise.race([endpoint.online(), aborted(interrupted)]);
  console.log(EndpointTicket.fromAddr(endpoint.addr()).toString());
  await aborted(interrupted);
  await eventTarget.close();
  await endpoint.close();
  await accepting;
  return 0;
}

/** Accepts connections until the endpoint is closed. */
async function acceptAll(
  endpoint: Endpoint,
  onConnection: (connection: Connection) => void,
): Promise<void> {
  for (let incoming; (incoming = await endpoint.acceptNext()) !== null;) {
    // Not awaited, and caught: one that takes its time, or speaks another protocol, is no reason to stop.
    void accept(incoming).then(onConnection).catch((error) => {
      console.error(`! A connection failed: ${messageOf(error).split("\n", 1)[0]}`);
    });
  }
}

async function accept(incoming: Incoming): Promise<Connection> {
  const accepting = await incoming.accept();
  return await accepting.connect();
}

if (import.meta.main) {
  await runProgram({
    usage: "iroh_hub.ts [--key <file>] [--local] --allow <endpoint id> … | --allow-anyone",
    readOptions,
    run,
  });
}
