import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { clients } from "./clients.js";

/** Listens for as long as the process runs. */
export async function listen() {
  globalThis.firstError = new ConnectionLostError("first");
  globalThis.received = [];
  const pubsub = createPubSub({ eventTarget: createRedisEventTarget(clients) });
  const events = pubsub.subscribe("news", "1");
  await events.ready;
  (async () => {
    for await (const { payload } of events) globalThis.received.push(payload);
  })();
}
