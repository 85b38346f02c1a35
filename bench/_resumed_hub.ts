/** A hub with a history, in a thread: tells its port, and does what it is told. */
import { createWebSocketServerEventTarget } from "../mod.ts";
import { createMemoryHistory } from "../adapters/history.ts";
import { hostScope, onWorkerEvent } from "../adapters/_worker/worker_like.ts";

/** Ends all connections, or publishes so many events for each link. */
export type ResumedHubTask = { kind: "close" } | { kind: "publish"; links: number; events: number };

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
    for (const spoke of [...hub.spokes]) void spoke.close({ code: 1012, reason: "" });
  } else {
    for (let n = 0; n < task.events; n++) {
      for (let link = 0; link < task.links; link++) {
        hub.publish({ type: "news", id: String(link), payload: { n, text: TEXT } });
      }
    }
  }
  scope.postMessage("done");
});
scope.postMessage(server.addr.port);
