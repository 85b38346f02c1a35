// Prints what the channel of node:diagnostics_channel says about a hub, one line a message. On Deno, Node and Bun.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  createWebSocketServerEventTarget,
  type WebSocketLike,
  type WebSocketLikeEvent,
} from "@alkdev/pubsub";

const lines: unknown[] = [];
const onMessage = (message: unknown): void => {
  const { kind, target, status, error, ...rest } = Object(message);
  const shown = {
    ...rest,
    ...(status && { status: status.state }),
    ...(error && { error: error.message.split(":", 1)[0] }),
  };
  lines.push([kind, target[Symbol.toStringTag], shown]);
};

/** An open socket of a hub. */
const listeners = new Map<string, (event: WebSocketLikeEvent) => void>();
const socket: WebSocketLike = {
  readyState: 1,
  bufferedAmount: 0,
  send() {},
  close() {},
  addEventListener: (type: string, listener: (event: WebSocketLikeEvent) => void) =>
    listeners.set(type, listener),
  removeEventListener() {},
};
const receive = (type: string, payload: unknown): void =>
  listeners.get("message")?.({ data: JSON.stringify({ type, id: "1", payload }) });

const hub = createWebSocketServerEventTarget({
  authorize: ({ type }) => type !== "secret",
  onError: () => lines.push("onError"),
});
hub.addConnection(socket);
// Nobody listens yet.
receive("__subscribe", { topics: ["weather"] });
subscribe("@alkdev/pubsub", onMessage);
receive("__subscribe", { topics: ["news", "secret"] });
hub.revoke((spoke) => spoke.topics.has("news"), "news");
listeners.get("message")?.({ data: "{" });
listeners.get("close")?.({ code: 1001, reason: "" });
unsubscribe("@alkdev/pubsub", onMessage);
await hub.close();
for (const line of lines) console.log(JSON.stringify(line));
