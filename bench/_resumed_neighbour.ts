/** A spoke in a thread, which tells how late each event of a topic is, in milliseconds. */
import { createPubSub, createWebSocketClientEventTarget } from "../mod.ts";
import { hostScope, onWorkerEvent } from "../adapters/_worker/worker_like.ts";

const scope = hostScope();
let late: number[] = [];

onWorkerEvent(scope, "message", async ({ data }) => {
  if (typeof data !== "number") {
    scope.postMessage(late);
    late = [];
    return;
  }
  const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${data}`));
  await new Promise<void>((onReady) => {
    createPubSub<{ tick: number }>({ eventTarget }).on("tick", ({ payload }) => {
      late.push(performance.timeOrigin + performance.now() - payload);
    }, { onReady });
  });
  scope.postMessage("ready");
});
scope.postMessage("started");
