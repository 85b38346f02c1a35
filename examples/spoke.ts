/**
 * A spoke: prints the events of the topics that its arguments name, a line each, and publishes each line of
 * stdin.
 *
 *     deno run --allow-net examples/spoke.ts [--json] ws://127.0.0.1:4242 [topic …]
 *
 * A topic is `type:id`, `type` for every id, or `'*'` for everything; each topic's events keep their order.
 * An event is a line such as `session.status:proj_123 {"state":"running"}`, read and printed alike: the
 * topic, then the payload as JSON, or nothing for none. A topic that has spaces in it is a JSON string. With
 * `--json` each event is printed as a JSON object, with `receivedAt` in milliseconds since 1970.
 *
 * Prints `Subscribed to …` on stderr once the hub has acknowledged every topic. The end of stdin does not end
 * it; SIGINT or SIGTERM does, after what it had read has left. The exit code is 0 then, 1 when the hub goes
 * away or cannot be reached, and 2 when the arguments are wrong.
 *
 * @module
 */
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { parseArgs } from "node:util";
import { runProgram } from "./_shared/program.ts";
import { runSpoke } from "./_shared/spoke.ts";
import { withoutCovered } from "./_shared/topics.ts";

interface SpokeOptions {
  readonly url: string;
  readonly topics: readonly string[];
  readonly json: boolean;
}

function readOptions(args: string[]): SpokeOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [url, ...topics] = positionals;
  if (url === undefined || !URL.canParse(url)) {
    throw new TypeError("The first argument is the URL of the hub");
  }
  return { url, topics: withoutCovered(topics), json: values.json };
}

function run({ url, topics, json }: SpokeOptions, interrupted: AbortSignal): Promise<number> {
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(url));
  return runSpoke({ eventTarget, topics, json }, interrupted);
}

if (import.meta.main) {
  await runProgram({
    usage: [
      "spoke.ts [--json] <hub URL> [topic …]",
      "  A topic is type:id, type for every id, or '*' for everything.",
      '  Each line of stdin is published: type:id {"some":"JSON"}',
    ].join("\n"),
    readOptions,
    run,
  });
}
