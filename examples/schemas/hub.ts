// A hub of chat rooms, whose spokes can send nothing but messages that the schema accepts, in their own name.
//
//     deno run --allow-net examples/schemas/hub.ts [port]

import { createInProcessEventTarget, createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { events } from "./events.ts";

const [port = "8787"] = Deno.args;
const isSaidBy = (name: string, payload: unknown) => Object(payload).user === name;
const eventTarget = createWebSocketServerEventTarget<string>({
  events,
  // Spokes hear each other over the upstream.
  upstream: createInProcessEventTarget(),
  authorize: ({ action, type }) => action === "subscribe" || type === "message.sent",
  // After the schema: the payload has the members that the schema asks for.
  authorizeEvent: (spoke, { payload }) => isSaidBy(spoke.context, payload),
});
const pubsub = createPubSub({ events, eventTarget });

Deno.serve({ hostname: "127.0.0.1", port: Number(port) }, (request) => {
  // A real hub authenticates its users: docs/authentication.md.
  const context = new URL(request.url).searchParams.get("name") ?? "nobody";
  const { socket, response } = Deno.upgradeWebSocket(request);
  eventTarget.addConnection(socket, { context });
  return response;
});

for await (const { id, payload } of pubsub.subscribe("message.sent")) {
  console.log(id, payload.at.getUTCFullYear(), `${payload.user}: ${payload.text}`);
}
