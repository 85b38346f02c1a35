/**
 * Relays the topics that an HTTP client asks for from a hub, as Server-Sent Events. The relay is a spoke of that hub.
 *
 *     deno run --allow-net examples/sse_relay.ts [--port 8000] [--hostname 127.0.0.1] ws://127.0.0.1:4242
 *     curl -N 'http://127.0.0.1:8000/events?topic=session.status:proj_123&topic=call.responded'
 *
 * The messages of a stream, in order for each topic:
 *
 * - `event: subscribed` with the topics, once. From then on, every event of these topics arrives.
 * - A message without `event` for each event. Its data is the envelope as JSON.
 * - `event: dropped` with `{ topic, dropped }`. The client reads too slowly, and the relay has dropped so many waiting
 *   events of the topic so far, oldest first. Other clients lose nothing.
 * - `event: ended` with `{ topic, reason }`. The hub sends no more events of the topic.
 * - A comment every 15 seconds, so that no proxy closes the stream as idle.
 *
 * A stream ends with the client, and with the connection to the hub. SIGINT or SIGTERM ends the relay with the exit code
 * 0. If the hub goes away, the exit code is 1.
 *
 * @module
 */
import {
  createPubSub,
  createWebSocketClientEventTarget,
  type EventEnvelope,
  type PubSub,
  type PubSubEventMap,
  type SubscribeOptions,
  type Subscription,
} from "@alkdev/pubsub";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

/** How many topics a client may ask for. */
const MAX_TOPICS = 32;

/** How many events of a topic wait for a client at most. */
const CAPACITY = 256;

const HEARTBEAT_MS = 15_000;

/** How long streams may take to end when the relay does. */
const SHUTDOWN_MS = 1000;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Otherwise nginx holds events back.
  "x-accel-buffering": "no",
};

/** A topic that a client asked for. */
interface Relayed {
  readonly topic: string;
  readonly subscription: Subscription<EventEnvelope>;
}

/** Answers a request with a stream of the topics that its query names. */
export function relayEvents(pubsub: PubSub<PubSubEventMap>, request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/events") return refuse(404, "Events are at /events?topic=…");
  if (request.method !== "GET") return refuse(405, "Events are there to GET");
  const topics = withoutCovered(searchParams.getAll("topic"));
  if (topics.length === 0) return refuse(400, "Name a topic: /events?topic=type:id&topic=type");
  if (topics.length > MAX_TOPICS) return refuse(400, `Name at most ${MAX_TOPICS} topics`);

  const gone = new AbortController();
  try {
    const relayed = topics.map((topic): Relayed => ({
      topic,
      subscription: subscribeTo(pubsub, topic, {
        capacity: CAPACITY,
        overflow: "drop-oldest",
        signal: gone.signal,
      }),
    }));
    const { readable, writable } = new TransformStream<string, string>();
    void writeStream(relayed, writable, gone);
    return new Response(readable.pipeThrough(new TextEncoderStream()), { headers: HEADERS });
  } catch (error) {
    gone.abort();
    return refuse(400, messageOf(error));
  }
}

async function writeStream(
  relayed: readonly Relayed[],
  writable: WritableStream<string>,
  gone: AbortController,
): Promise<void> {
  const writer = writable.getWriter();
  // The client has left: its subscriptions end, even while they wait.
  writer.closed.catch(() => gone.abort());
  const heartbeat = setInterval(() => {
    if (writer.desiredSize === 1) void ignoreEnd(writer.write(":\n\n"));
  }, HEARTBEAT_MS);

  await ignoreEnd((async () => {
    await Promise.all(relayed.map(({ subscription }) => subscription.ready));
    await writer.write(message(relayed.map(({ topic }) => topic), "subscribed"));
    await Promise.allSettled(relayed.map((topic) => writeEvents(topic, writer)));
  })());
  clearInterval(heartbeat);
  gone.abort();
  await ignoreEnd(writer.close());
}

async function writeEvents(
  { topic, subscription }: Relayed,
  writer: WritableStreamDefaultWriter<string>,
): Promise<void> {
  let told = 0;
  try {
    for await (const event of subscription) {
      const { dropped } = subscription;
      if (dropped > told) await writer.write(message({ topic, dropped }, "dropped"));
      told = dropped;
      // Waits for a slow client. Meanwhile events wait in the subscription, which drops the oldest.
      await writer.write(message(event));
    }
  } catch (error) {
    await writer.write(message({ topic, reason: messageOf(error) }, "ended"));
  }
}

/** Formats a message. JSON has no line breaks, so no payload can end the message. */
function message(data: unknown, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function refuse(status: number, reason: string): Response {
  return new Response(`${reason}\n`, { status });
}

/** Ignores the failure of a write after the client or the hub has gone. */
function ignoreEnd(promise: Promise<void>): Promise<void> {
  return promise.catch(() => {});
}

/** Subscribes to `type:id`, to `type` for every id, or to `*` for everything. */
function subscribeTo(
  pubsub: PubSub<PubSubEventMap>,
  topic: string,
  options: SubscribeOptions,
): Subscription<EventEnvelope> {
  if (topic === "*") return pubsub.subscribeAll(options);
  const at = topic.indexOf(":");
  return at < 0
    ? pubsub.subscribe(topic, options)
    : pubsub.subscribe(topic.slice(0, at), topic.slice(at + 1), options);
}

/** Leaves out topics that another one covers, so that no event arrives twice. */
function withoutCovered(topics: readonly string[]): string[] {
  const all = new Set(topics);
  if (all.has("*")) return ["*"];
  return [...all].filter((topic) => !topic.includes(":") || !all.has(topic.slice(0, topic.indexOf(":"))));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (import.meta.main) {
  const { values: { hostname, port }, positionals: [hub] } = parseArgs({
    allowPositionals: true,
    options: { hostname: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "0" } },
  });
  if (hub === undefined || !URL.canParse(hub)) {
    console.error("Usage: sse_relay.ts [--port 8000] [--hostname 127.0.0.1] <hub URL>");
    Deno.exit(2);
  }
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(hub));
  const pubsub = createPubSub({ eventTarget });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void eventTarget.close());
  }
  const server = Deno.serve(
    { hostname, port: Number(port), onListen: () => {} },
    (request) =>
      eventTarget.status.state === "closed"
        ? refuse(503, "The hub has gone away")
        : relayEvents(pubsub, request),
  );
  console.log(`http://${hostname}:${server.addr.port}/events`);

  const error = await eventTarget.closed;
  if (error !== undefined) console.error(error.message);
  // A client that does not read would keep the server from ending.
  await Promise.race([server.shutdown(), delay(SHUTDOWN_MS)]);
  Deno.exit(error === undefined ? 0 : 1);
}
