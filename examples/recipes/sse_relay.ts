import type { PubSub } from "@alkdev/pubsub";

export type Events = { "session.status": { state: "idle" | "running" } };

const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" };

/** How often a quiet stream gets a comment, so that no proxy closes it. */
const HEARTBEAT_MS = 15_000;

/**
 * Answers with the events of a session, as Server-Sent Events that `new EventSource(url)` reads. Nothing is missed from the
 * answer on. It rejects if the hub refuses the subscription.
 */
export async function relaySession(pubsub: PubSub<Events>, id: string): Promise<Response> {
  // A client that reads slowly gets the last hundred events, and the number of those that it missed.
  const events = pubsub.subscribe("session.status", id, { capacity: 100, overflow: "drop-oldest" });
  await events.ready;
  let heartbeat: ReturnType<typeof setInterval>;
  let missed = 0;
  const body = new ReadableStream<string>({
    start(controller) {
      controller.enqueue(": from here on\n\n");
      heartbeat = setInterval(() => {
        if (controller.desiredSize) controller.enqueue(": still here\n\n");
      }, HEARTBEAT_MS);
    },
    async pull(controller) {
      // The end of the connection to the hub is the end of the stream. An EventSource then comes again.
      const { value } = await events.next().catch(() => ({ value: undefined }));
      if (value === undefined) {
        clearInterval(heartbeat);
        return controller.close();
      }
      if (events.dropped > missed) controller.enqueue(`event: missed\ndata: ${events.dropped - missed}\n\n`);
      missed = events.dropped;
      // JSON has no line breaks, so no payload can end the message.
      controller.enqueue(`data: ${JSON.stringify(value)}\n\n`);
    },
    async cancel() {
      clearInterval(heartbeat);
      await events.return();
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers: HEADERS });
}
