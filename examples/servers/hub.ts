import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import type { Events } from "./events.ts";

/** The hub of these programs. It welcomes each spoke. */
export const hub = createWebSocketServerEventTarget();
export const pubsub = createPubSub<Events>({ eventTarget: hub });

pubsub.on(
  "spoke.joined",
  ({ id }) => pubsub.publish("spoke.welcomed", id, { by: "the hub" }),
);
