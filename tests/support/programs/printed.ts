// Prints what a user sees on the console: of each object, and of connections that fail. On Deno, Node and Bun.
import process from "node:process";
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type WebSocketLike,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";

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
const hub = createWebSocketServerEventTarget({ history: createMemoryHistory({ news: {} }) });
hub.publish({ type: "news", id: "1", payload: "secret" });
console.log(hub.addConnection(socket, { context: { password: "secret" } }));
console.log(hub);

// Over a channel of the runtime: what a link, its subscription and a host of workers show.
const { port1, port2 } = new MessageChannel();
const host = createWorkerHostEventTarget(port1);
const thread = createWorkerThreadEventTarget(port2, { resume: createResume() });
const news = createPubSub<{ news: string }>({ eventTarget: thread }).subscribe("news", "1");
await news.ready;
host.publish({ type: "news", id: "1", payload: "secret" });
await host.flush();
console.log(host);
console.log(thread);
console.log(news);
await thread.close();
await host.close();
for (const port of [port1, port2]) port.close();

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
