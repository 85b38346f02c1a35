/** A worker that counts what it receives, as events or as bare messages, and reports when everything has arrived. */
import { createWorkerThreadEventTarget } from "../mod.ts";
import { hostScope, onWorkerEvent } from "../adapters/_worker/worker_like.ts";
import { ID, TYPE } from "./_load.ts";

/** How the events arrive. */
export type BenchWorkerMode = "pubsub" | "bare";

/** The first message. */
interface Task {
  readonly mode: BenchWorkerMode;
  readonly events: number;
  readonly buffers: number;
}

const scope = hostScope();
let task: Task | undefined;
let events = 0;
let buffers = 0;

onWorkerEvent(scope, "message", ({ data }) => {
  if (task === undefined) begin(task = data as Task);
  else if (task.mode === "bare") {
    for (const event of Array.isArray(data) ? data : [data]) take(event.payload);
  }
});

function begin({ mode }: Task): void {
  if (mode === "pubsub") {
    const link = createWorkerThreadEventTarget(scope);
    link.listen(TYPE, ID, { onEvent: ({ payload }) => take(payload) });
    link.listen("bytes", ID, { onEvent: ({ payload }) => take(payload) });
  }
  scope.postMessage("done");
}

function take(payload: unknown): void {
  if (payload instanceof ArrayBuffer) buffers++;
  else events++;
  if (events !== task?.events && buffers !== task?.buffers) return;
  events = buffers = 0;
  scope.postMessage("done");
}
