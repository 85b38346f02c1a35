/**
 * A spoke over QUIC: prints the events of the types that its arguments name, a line each, and publishes each line of
 * stdin.
 *
 *     deno run -A examples/iroh_spoke.ts --key spoke.key --id
 *     deno run -A examples/iroh_spoke.ts --key spoke.key [--local] <ticket> [type …]
 *
 * The first prints the endpoint id, for the list of the hub, and makes the key file if it is missing. The ticket is the
 * one that `examples/iroh_hub.ts` prints. A line is `session.status:proj_123 {"state":"running"}`, read and printed
 * alike. SIGINT or SIGTERM ends the spoke with the exit code 0. If the hub goes away, the exit code is 1.
 *
 * @module
 */
import { createPubSub, type EventEnvelope, type Subscription } from "@alkdev/pubsub";
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { EndpointTicket } from "@number0/iroh";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ALPN, bindEndpoint, HEARTBEAT_MS, interruption } from "./iroh/endpoint.ts";

interface SpokeOptions {
  readonly keyFile: string | undefined;
  readonly local: boolean;
  readonly ticket: EndpointTicket | undefined;
  readonly types: readonly string[];
}

const { keyFile, local, ticket, types } = readOptions();
const endpoint = await bindEndpoint({ keyFile, local, accepts: false });
if (ticket === undefined) {
  console.log(endpoint.id().toString());
  await endpoint.close();
  Deno.exit();
}
const connection = await endpoint.connect(ticket.endpointAddr(), ALPN);
const eventTarget = createSpokeIrohEventTarget(connection, { heartbeatMs: HEARTBEAT_MS });
interruption().addEventListener("abort", () => void eventTarget.close());

const pubsub = createPubSub({ eventTarget });
const subscriptions = types.map((type) => pubsub.subscribe(type));
// The end of the connection is reported once, below.
const printing = Promise.allSettled(subscriptions.map(print));
Promise.all(subscriptions.map(({ ready }) => ready)).then(
  () => types.length > 0 && console.error(`Subscribed to ${types.join(", ")}`),
  () => {},
);
createInterface({ input: process.stdin }).on("line", publishLine);

const error = await eventTarget.closed;
await printing;
if (error !== undefined) console.error(error.message);
// Otherwise the last packets of the connection might not be sent.
await endpoint.close();
Deno.exit(error === undefined ? 0 : 1);

async function print(subscription: Subscription<EventEnvelope>): Promise<void> {
  for await (const { type, id, payload } of subscription) {
    console.log(`${type}:${id}${payload === undefined ? "" : ` ${JSON.stringify(payload)}`}`);
  }
}

function publishLine(line: string): void {
  try {
    const [, type = "", id = "", payload] = /^([^:\s]+):(\S*)\s*(.*)$/.exec(line) ?? [];
    pubsub.publish(type, id, payload ? JSON.parse(payload) : undefined);
  } catch (error) {
    console.error(`Not published: ${line}\n  ${error}`);
  }
}

/** Reads the arguments; without a ticket, the endpoint id is printed. */
function readOptions(): SpokeOptions {
  try {
    const { values: { key, id, local }, positionals: [text, ...types] } = parseArgs({
      allowPositionals: true,
      options: {
        key: { type: "string" },
        id: { type: "boolean", default: false },
        local: { type: "boolean", default: false },
      },
    });
    if (id === (text !== undefined)) throw new TypeError("Give the ticket of the hub, or --id");
    const ticket = text === undefined ? undefined : EndpointTicket.fromString(text);
    return { keyFile: key, local, ticket, types };
  } catch (error) {
    console.error(`${error}\nUsage: iroh_spoke.ts [--key <file>] --id | [--local] <ticket> [type …]`);
    Deno.exit(2);
  }
}
