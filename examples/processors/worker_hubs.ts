/**
 * A hub on each processor, behind one port, without a Redis. The hubs are in workers, and a hub in the main thread
 * is their upstream:
 *
 *     deno run -A --unstable-net examples/processors/worker_hubs.ts [port]
 *
 * Deno has `reusePort` behind that flag. Only Linux spreads the connections of one port over several listeners.
 *
 * @module
 */
import { createInProcessEventTarget, createWorkerHostEventTarget } from "@alkdev/pubsub";

const [port = "8787"] = Deno.args;
createWorkerHostEventTarget(
  // A worker reads the port from its name.
  Array.from(
    { length: navigator.hardwareConcurrency },
    () => new Worker(new URL("./worker_hub.ts", import.meta.url), { type: "module", name: port }),
  ),
  // A hub passes events from spoke to spoke over its upstream.
  { upstream: createInProcessEventTarget() },
);
