/**
 * Relays the topics that an HTTP client asks for from a hub, as Server-Sent Events. It is a spoke of that
 * hub.
 *
 *     deno run --allow-net examples/sse_relay.ts [--port 8000] [--hostname 127.0.0.1] ws://127.0.0.1:4242
 *     curl -N 'http://127.0.0.1:8000/events?topic=session.status:proj_123&topic=call.responded'
 *
 * The messages of a stream, each topic's in order:
 *
 * - `event: subscribed` with the topics, once: what is published there from then on arrives;
 * - one without `event` for each event, its data the envelope as JSON;
 * - `event: dropped` with `{ topic, dropped }`: the client reads too slowly, and so many of the topic's
 *   events have been dropped so far, the oldest ones that waited. It costs no other client anything;
 * - `event: ended` with `{ topic, reason }`: the hub sends no more of the topic;
 * - comments now and then, so that no proxy takes the stream for dead.
 *
 * A stream ends with the client, and with the connection to the hub. SIGINT or SIGTERM ends the relay; the
 * exit code is 0 then, and 1 when the hub goes away.
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
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { messageOf, readNumber, runProgram } from "./_shared/program.ts";
import { subscribeTo, withoutCovered } from "./_shared/topics.ts";

/** How many topics a client may ask for. */
const MAX_TOPICS = 32;

/** How many events of a topic wait for a client at the most. */
const CAPACITY = 256;

const HEARTBEAT_MS = 15_000;

/** How long streams may take to end when the relay does. */
const SHUTDOWN_MS = 1000;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Nginx would hold events back.
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
  // The client has left; what is subscribed for it ends, whatever it waits for.
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
      // Waits for a client that is slow; meanwhile events wait in the subscription, and the oldest are
      // dropped.
      await writer.write(message(event));
    }
  } catch (error) {
    await writer.write(message({ topic, reason: messageOf(error) }, "ended"));
  }
}

/** JSON has no line break of its own, so that no payload can end the message. */
function message(data: unknown, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function refuse(status: number, reason: string): Response {
  return new Response(`${reason}\n`, { status });
}

/** Waits for something that fails when the client or the hub has gone, which is no fault of the relay's. */
function ignoreEnd(promise: Promise<void>): Promise<void> {
  return promise.catch(() => {});
}

if (import.meta.main) {
  await runProgram({
    usage: "sse_relay.ts [--port 8000] [--hostname 127.0.0.1] <hub URL>",
    readOptions(args) {
      const { values, positionals: [hub] } = parseArgs({
        args,
        allowPositionals: true,
        options: { hostname: { type: "string" }, port: { type: "string" } },
      });
      if (hub === undefined || !URL.canParse(hub)) throw new TypeError("The argument is the URL of the hub");
      const port = readNumber("the port", values.port ?? "0", 0, 65_535);
      return { hub, port, hostname: values.hostname ?? "127.0.0.1" };
    },
    async run({ hub, hostname, port }, interrupted) {
      const eventTarget = createWebSocketClientEventTarget(new WebSocket(hub));
      const pubsub = createPubSub({ eventTarget });
      interrupted.addEventListener("abort", () => void eventTarget.close());
      const server = Deno.serve(
        { hostname, port, onListen: () => {} },
        (request) =>
          eventTarget.status.state === "closed"
            ? refuse(503, "The hub has gone away")
            : relayEvents(pubsub, request),
      );
      console.log(`http://${hostname}:${server.addr.port}/events`);

      const error = await eventTarget.closed;
      // A client that does not read would keep the server for ever.
      await Promise.race([server.shutdown(), delay(SHUTDOWN_MS)]);
      if (error !== undefined) throw error;
      return 0;
    },
  });
}
