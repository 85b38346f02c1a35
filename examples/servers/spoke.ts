// node spoke.ts
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import type { Events } from "./events.ts";

const link = createWebSocketClientEventTarget(() => new WebSocket("ws://127.0.0.1:8787/events"));
const pubsub = createPubSub<Events>({ eventTarget: link });

const welcomes = pubsub.subscribe("spoke.welcomed", "spoke_1");
await welcomes.ready;
pubsub.publish("spoke.joined", "spoke_1", { runtime: "Node" });
for await (const { id, payload } of welcomes) {
  console.log(id, "was welcomed by", payload.by);
  break;
}
await link.close();
