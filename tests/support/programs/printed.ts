// Prints what a user sees on the console: of each object, and of connections that fail. On Deno, Node and Bun.
import process from "node:process";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type WebSocketLike,
} from "@alkdev/pubsub";

const pubsub = createPubSub<{ news: string }>();
const subscription = pubsub.subscribe("news", "1");
pubsub.publish("news", "1", "a");
console.log(pubsub);
console.log(pubsub.eventTarget);
console.log(subscription);
await pubsub.close();
console.log({ subscription });

/** An open socket of a hub. */
const socket: WebSocketLike = {
  readyState: 1,
  bufferedAmount: 0,
  send() {},
  close() {},
  addEventListener() {},
  removeEventListener() {},
};
const hub = createWebSocketServerEventTarget();
console.log(hub.addConnection(socket, { context: { password: "secret" } }));
console.log(hub);

// Nobody listens there.
const url = `ws://127.0.0.1:${process.argv[2]}/events?token=secret`;
const { promise, resolve } = Promise.withResolvers<void>();
const link = createWebSocketClientEventTarget(() => new WebSocket(url), {
  reconnectDelayMs: 1,
  onStatus: ({ attempt = 0 }) => attempt === 3 && resolve(),
});
console.log(link);
await promise;
await link.close();
