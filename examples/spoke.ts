// A spoke: joins the hub of `examples/hub.ts`, prints three statuses, and leaves.
//
//     deno run --allow-net examples/spoke.ts [URL of the hub]

import { createPubSub, createWebSocketClientEventTarget, pipe, take } from "@alkdev/pubsub";
import type { Events } from "./events.ts";

const [url = "ws://127.0.0.1:8787"] = Deno.args;
const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(url));
const pubsub = createPubSub<Events>({ eventTarget });

const statuses = pubsub.subscribe("session.status", "proj_123");
await statuses.ready; // The hub has acknowledged the subscription.
pubsub.publish("spoke.joined", "spoke_1", { name: "the first spoke" });
for await (const { id, payload } of pipe(statuses, take(3))) console.log(id, payload.state);
await eventTarget.close();
