import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import type { Events } from "./events.ts";

const url = new URLSearchParams(location.search).get("hub") ?? "ws://127.0.0.1:8787";

/** The connection of the page. It lives outside React, so that no component opens another one. */
export const link = createWebSocketClientEventTarget(() => new WebSocket(url), { maxReconnectDelayMs: 2000 });
export const pubsub = createPubSub<Events>({ eventTarget: link });

// Vite runs this module again when it has changed.
import.meta.hot?.dispose(() => link.close());
