import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { clients } from "../../clients.js";

export const dynamic = "force-dynamic";

/** Comes to the channel of the instrumentation, leaves it, and publishes. */
export async function GET() {
  const eventTarget = createRedisEventTarget(clients);
  const pubsub = createPubSub({ eventTarget });
  const events = pubsub.subscribe("news", "1");
  await events.ready;
  await events.return();
  await eventTarget.flush();
  pubsub.publish("news", "1", "after the route left");
  await eventTarget.flush();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await eventTarget.close();
  return Response.json({
    copies: globalThis.firstError.constructor === ConnectionLostError ? 1 : 2,
    isInstance: globalThis.firstError instanceof ConnectionLostError,
    received: globalThis.received,
  });
}
