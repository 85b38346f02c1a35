/** A worker that connects by a port of its own, as a tab does to a `SharedWorker`, and hangs when a test asks for it. */
import { createPubSub, createWorkerThreadEventTarget } from "@alkdev/pubsub";
import { hostScope } from "../../../adapters/_worker/worker_like.ts";
import { blockFor } from "../block_for.ts";

type Events = { ask: number; answer: number; status: { state: string; gap: boolean } };

const scope = hostScope();

const eventTarget = createWorkerThreadEventTarget(() => {
  const { port1, port2 } = new MessageChannel();
  // Each runtime has its own type of transferables.
  scope.postMessage({ port: port2 }, [port2] as unknown as never[]);
  return port1;
}, {
  heartbeatMs: 500,
  reconnectDelayMs: 50,
  onStatus: ({ state, gap = false }) => pubsub.publish("status", "1", { state, gap }),
  onError() {},
});
const pubsub = createPubSub<Events>({ eventTarget });
for await (const { id, payload } of pubsub.subscribe("ask")) {
  if (id === "hang") blockFor(payload);
  else pubsub.publish("answer", id, payload);
}
