/** A page with a link that makes no further attempt by itself while a test lasts: `?hub=<URL>`. */
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";

const DAY_MS = 86_400_000;

// Casts: the types of Deno have no page.
const { location } = globalThis as unknown as { location: { search: string } };
const hub = new URLSearchParams(location.search).get("hub") ?? "";
const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(hub), {
  reconnectDelayMs: DAY_MS,
  maxReconnectDelayMs: DAY_MS,
});
for await (const { id } of createPubSub({ eventTarget }).subscribe("news")) console.log(id);
