// Traces and observes a hub and a link with the OpenTelemetry of Deno itself: no SDK, and no code that sets it up.
import * as api from "@opentelemetry/api";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { observe, tracing } from "@alkdev/pubsub/opentelemetry";

type Events = { "order.placed": { total: number } };

const traces = tracing({ api, trustPeers: true, consumerSpans: "child" });
const hub = createWebSocketServerEventTarget({ tracing: traces });
const stop = observe(hub, { meter: api.metrics.getMeter("shop"), attributes: { hub: "eu-1" } });
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});
const link = createWebSocketClientEventTarget(
  () => new WebSocket(`ws://127.0.0.1:${server.addr.port}`),
  { tracing: traces },
);
createPubSub<Events>({ eventTarget: hub }).on("order.placed", ({ id }) => console.log(id));
api.trace.getTracer("shop").startActiveSpan("checkout", (span) => {
  createPubSub<Events>({ eventTarget: link }).publish("order.placed", "order_1", { total: 12 });
  span.end();
});
await link.flush();
// Until a collection has shown the numbers.
for await (const _ of Deno.stdin.readable) break;
stop();
await link.close();
await hub.close();
await server.shutdown();
