/** A worker that answers events, and throws, closes or hangs when a test asks for it. */
import { ConnectionLostError, createPubSub, createWorkerThreadEventTarget } from "@alkdev/pubsub";
import { hostScope, onWorkerEvent } from "../../../adapters/_worker/worker_like.ts";
import { blockFor } from "../block_for.ts";

type Events = { ask: unknown; answer: unknown; status: string };

const scope = hostScope();
// Messages of the program beside the events.
onWorkerEvent(scope, "message", ({ data }) => {
  if (typeof data === "string") scope.postMessage(`heard ${data}`);
});
// The host must wait for a thread that is slow to start.
await Promise.resolve();

const eventTarget = createWorkerThreadEventTarget(undefined, { maxFrameBytes: 64 * 1024 * 1024 });
const { publish, subscribe } = createPubSub<Events>({ eventTarget });
const asked = subscribe("ask");
const ended = eventTarget.closed.then((error) => scope.postMessage(`ended: ${error?.message}`));

/** Longer than any heartbeat of the tests, in milliseconds. */
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
        // terminate() of Deno does not stop a loop, so the loop must end by itself.
        blockFor(HANG_MS);
        break;
      default:
        publish("answer", id, payload);
    }
  }
} catch (error) {
  // A host that closes gives a reason, and must tolerate a thread that does not catch the error.
  if (!(error instanceof ConnectionLostError) || error.reason) throw error;
}
await ended;
