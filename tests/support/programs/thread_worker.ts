/** A worker with a program in it: it answers events, and does what else the tests ask of it. */
import { ConnectionLostError, createPubSub, createWorkerThreadEventTarget } from "@alkdev/pubsub";
import { hostScope, onWorkerEvent } from "../../../adapters/_worker/worker_like.ts";
import { blockFor } from "../block_for.ts";

type Events = { ask: unknown; answer: unknown; status: string };

const scope = hostScope();
// Its own messages beside the events.
onWorkerEvent(scope, "message", ({ data }) => {
  if (typeof data === "string") scope.postMessage(`heard ${data}`);
});
// The host has to wait for a thread that takes its time to start.
await Promise.resolve();

const eventTarget = createWorkerThreadEventTarget(undefined, { maxFrameBytes: 64 * 1024 * 1024 });
const { publish, subscribe } = createPubSub<Events>({ eventTarget });
const asked = subscribe("ask");
const ended = eventTarget.closed.then((error) => scope.postMessage(`ended: ${error?.message}`));

/** Longer than any heartbeat of the tests takes to notice, in milliseconds. */
const HANG_MS = 8000;

try {
  for await (const { id, payload } of asked) {
    switch (id) {
      case "throw":
        throw new RangeError("thrown in the worker");
      case "reject":
        void Promise.reject(new RangeError("rejected in the worker"));
        break;
      case "close":
        publish("status", "last", "closing");
        await eventTarget.close();
        break;
      case "hang":
        // Deno's terminate() does not stop a loop, so that it has to end by itself.
        blockFor(HANG_MS);
        break;
      default:
        publish("answer", id, payload);
    }
  }
} catch (error) {
  // A host that closes gives a reason, and has to bear with a thread that does not catch what follows.
  if (!(error instanceof ConnectionLostError) || error.reason) throw error;
}
await ended;
