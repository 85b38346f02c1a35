/**
 * A spoke for the command line: prints the events of the topics that its arguments name, and publishes each line of
 * stdin.
 *
 *     deno run --allow-net scripts/tools/spoke.ts [--json] ws://127.0.0.1:4242 [topic …]
 *
 * A topic is `type:id`, `type` for every id, or `'*'` for everything. An event is a line such as
 * `session.status:proj_123 {"state":"running"}`: the topic, then the payload as JSON, if there is one. A topic with
 * spaces is a JSON string. With `--json` each event is printed as a JSON object, with `receivedAt` in milliseconds since
 * 1970.
 *
 * Prints `Subscribed to …` on stderr once the hub has acknowledged every topic. The end of stdin does not end the spoke.
 * SIGINT or SIGTERM does, after the lines that were read have been sent. The exit code is then 0. It is 1 when the hub
 * goes away or cannot be reached, and 2 when the arguments are wrong.
 *
 * @module
 */
import {
  createPubSub,
  createWebSocketClientEventTarget,
  type EventEnvelope,
  type PubSub,
  type PubSubEventMap,
  type Subscription,
} from "@alkdev/pubsub";
import { parseArgs } from "node:util";
import { lines } from "../lib/lines.ts";
import { messageOf, runProgram } from "../lib/program.ts";
import { escapeUnprintable, formatEvent, parseEvent } from "./event_line.ts";
import { subscribeTo, withoutCovered } from "./topics.ts";

/** How many lines are published before the hub must have handled them. */
const LINES_UNTIL_FLUSH = 1000;

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
    throw new TypeError("The first argument must be the URL of the hub");
  }
  return { url, topics: withoutCovered(topics), json: values.json };
}

async function run({ url, topics, json }: SpokeOptions, interrupted: AbortSignal): Promise<number> {
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(url));
  // All the work ends with the event target, whether this program or the hub closes it.
  const ended = new AbortController();
  void eventTarget.closed.then(() => ended.abort());
  interrupted.addEventListener("abort", () => void eventTarget.close());

  const pubsub = createPubSub({ eventTarget });
  const subscriptions = topics.map((topic) => subscribeTo(pubsub, topic));
  const work = [
    publishLines(pubsub, ended.signal),
    announce(subscriptions, topics),
    ...subscriptions.map((subscription) => print(subscription, json)),
  ];
  try {
    await Promise.all(work);
    const error = await eventTarget.closed;
    if (error !== undefined) throw error;
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    await eventTarget.close();
    // Events that have arrived are still printed.
    await Promise.allSettled(work);
  }
  return 0;
}

async function announce(
  subscriptions: readonly Subscription<EventEnvelope>[],
  topics: readonly string[],
): Promise<void> {
  await Promise.all(subscriptions.map(({ ready }) => ready));
  if (topics.length > 0) console.error(`Subscribed to ${topics.join(", ")}`);
}

async function print(subscription: Subscription<EventEnvelope>, json: boolean): Promise<void> {
  for await (const event of subscription) {
    const receivedAt = performance.timeOrigin + performance.now();
    console.log(json ? escapeUnprintable(JSON.stringify({ ...event, receivedAt })) : formatEvent(event));
  }
}

async function publishLines(pubsub: PubSub<PubSubEventMap>, signal: AbortSignal): Promise<void> {
  let published = 0;
  try {
    for await (const line of lines(Deno.stdin.readable, { signal })) {
      if (line.trim() === "" || !publishLine(pubsub, line)) continue;
      // Lines that are read faster than the hub handles them would pile up, and be dropped in the end.
      if (++published % LINES_UNTIL_FLUSH === 0) await pubsub.flush();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function publishLine(pubsub: PubSub<PubSubEventMap>, line: string): boolean {
  try {
    const { type, id, payload } = parseEvent(line);
    pubsub.publish(type, id, payload);
    return true;
  } catch (error) {
    console.error(`Not published: ${line}\n  ${messageOf(error)}`);
    return false;
  }
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
