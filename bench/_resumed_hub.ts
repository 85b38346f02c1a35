/** A hub with a history, in a thread: sends its port, and then does each task that it gets. */
import { createWebSocketServerEventTarget } from "../mod.ts";
import { createMemoryHistory } from "../adapters/history.ts";
import { StopClock } from "../scripts/lib/stop_clock.ts";
import { hostScope, onWorkerEvent } from "../adapters/_worker/worker_like.ts";

/** Ends the connections of links, publishes so many events for each link, or tells the longest stop since it was asked before. */
export type ResumedHubTask =
  | { kind: "close" }
  | { kind: "publish"; links: number; events: number }
  | { kind: "stop" };

const TICK_MS = 2;
const TEXT = "x".repeat(60);
const scope = hostScope();
const hub = createWebSocketServerEventTarget({
  history: createMemoryHistory({ news: {} }),
  maxConnections: 10_000,
  maxReplaysPerMinute: Infinity,
});
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  hub.addConnection(socket);
  return response;
});
onWorkerEvent(scope, "message", ({ data }) => {
  const task = data as ResumedHubTask;
  if (task.kind === "close") {
    for (const spoke of [...hub.spokes]) {
      if (!spoke.topics.has("tick")) void spoke.close({ code: 1012, reason: "" });
    }
  } else if (task.kind === "stop") {
    return scope.postMessage(clock.take());
  } else {
    for (let n = 0; n < task.events; n++) {
      for (let link = 0; link < task.links; link++) {
        hub.publish({ type: "news", id: String(link), payload: { n, text: TEXT } });
      }
    }
  }
  scope.postMessage("done");
});
const clock = new StopClock(
  TICK_MS,
  (now) => hub.publish({ type: "tick", id: "", payload: performance.timeOrigin + now }),
);
scope.postMessage(server.addr.port);
