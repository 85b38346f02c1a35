// A spoke of `hub.ts`: sends a message, and two that the hub refuses.
//
//     deno run --allow-net examples/schemas/spoke.ts [URL of the hub]

import process from "node:process";
import { createPubSub, createWebSocketClientEventTarget, RejectedError } from "@alkdev/pubsub";
import { events } from "./events.ts";

const [url = "ws://127.0.0.1:8787"] = process.argv.slice(2);
const refused = Promise.withResolvers<void>();
let count = 0;
const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(`${url}?name=ada`), {
  onError(error) {
    if (!(error instanceof RejectedError)) return console.error(error.message);
    console.log(`refused ${error.topic}: ${error.reason}`);
    count += 1 + error.more;
    if (count === 2) refused.resolve();
  },
});
const pubsub = createPubSub({ events, eventTarget });

const messages = pubsub.subscribe("message.sent", "lobby");
await messages.ready;
const at = new Date().toJSON();
pubsub.publish("message.sent", "lobby", { user: "ada", text: "x".repeat(2001), at });
pubsub.publish("message.sent", "lobby", { user: "eve", text: "I am eve", at });
pubsub.publish("message.sent", "lobby", { user: "ada", text: " hello ", at });
for await (const { payload } of messages) {
  console.log(`received "${payload.text}" of`, payload.at instanceof Date ? "a Date" : "text");
  break;
}
await refused.promise;
await eventTarget.close();
