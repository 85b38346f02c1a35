/**
 * A spoke over QUIC: prints the events of the topics that its arguments name, a line each, and publishes each
 * line of stdin, as `examples/spoke.ts` does over a WebSocket.
 *
 *     deno run -A examples/iroh_spoke.ts --key spoke.key --id
 *     deno run -A examples/iroh_spoke.ts --key spoke.key [--local] [--json] <ticket> [topic …]
 *
 * The first prints the endpoint id, for the list of the hub; the file is made if it is not there. The ticket is
 * what `examples/iroh_hub.ts` prints. Topics, lines, `--json` and exit codes are those of `examples/spoke.ts`.
 *
 * @module
 */
import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
import { EndpointTicket } from "@number0/iroh";
import { parseArgs } from "node:util";
import { ALPN, bindEndpoint, HEARTBEAT_MS } from "./_shared/iroh.ts";
import { runProgram } from "./_shared/program.ts";
import { runSpoke } from "./_shared/spoke.ts";
import { withoutCovered } from "./_shared/topics.ts";

interface SpokeOptions {
  readonly keyFile: string | undefined;
  readonly local: boolean;
  readonly json: boolean;
  /** Where the hub is; `undefined` to print the endpoint id. */
  readonly ticket: EndpointTicket | undefined;
  readonly topics: readonly string[];
}

function readOptions(args: string[]): SpokeOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      key: { type: "string" },
      id: { type: "boolean", default: false },
      local: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const { key, id, local, json } = values;
  const [text, ...topics] = positionals;
  if (id === (text !== undefined)) throw new TypeError("Give the ticket of the hub, or --id");
  const ticket = text === undefined ? undefined : EndpointTicket.fromString(text);
  return { keyFile: key, local, json, ticket, topics: withoutCovered(topics) };
}

async function run(options: SpokeOptions, interrupted: AbortSignal): Promise<number> {
  const { ticket, topics, json } = options;
  const endpoint = await bindEndpoint({ ...options, accepts: false });
  try {
    if (ticket === undefined) {
      console.log(endpoint.id().toString());
      return 0;
    }
    const connection = await endpoint.connect(ticket.endpointAddr(), ALPN);
    const eventTarget = createSpokeIrohEventTarget(connection, { heartbeatMs: HEARTBEAT_MS });
    return await runSpoke({ eventTarget, topics, json }, interrupted);
  } finally {
    // Else the last packets of the connection might not leave.
    await endpoint.close();
  }
}

if (import.meta.main) {
  await runProgram({
    usage: [
      "iroh_spoke.ts [--key <file>] --id",
      "iroh_spoke.ts [--key <file>] [--local] [--json] <ticket> [topic …]",
      "  A topic is type:id, type for every id, or '*' for everything.",
      '  Each line of stdin is published: type:id {"some":"JSON"}',
    ].join("\n"),
    readOptions,
    run,
  });
}
