import {
  createPubSub,
  createWebSocketClientEventTarget,
  type EventTracing,
  type LinkEventTarget,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { serveHub } from "./hubs.ts";
import { openRedis, openServer } from "./redis.ts";

/** Two hubs over one Redis, and spokes of the second hub. */
export interface TracedWay extends AsyncDisposable {
  /** The URL of the first hub. */
  readonly url: string;
  readonly spokes: readonly LinkEventTarget[];
}

/** Opens the way of an event from one hub to spokes of another one. */
export async function openWay(tracing: EventTracing, spokes: number): Promise<TracedWay> {
  const server = await openServer();
  const history = { "order.placed": { perId: 10 } };
  const prefix = `way.${crypto.randomUUID()}.`;
  const [one, other] = [1, 2].map(() => openRedis(server, "ioredis 5", { prefix, tracing, history }));
  await using stack = new AsyncDisposableStack();
  for (const each of [server, one, other]) if (each !== undefined) stack.use(each);
  const [first, second] = [one, other].map((bus) =>
    stack.use(serveHub({ ...(bus && { upstream: bus.target }), tracing }))
  );
  const links = Array.from(
    { length: spokes },
    () => stack.use(createWebSocketClientEventTarget(() => new WebSocket(second?.url ?? ""), { tracing })),
  );
  await Promise.all(links.map(onOrder));
  const opened = stack.move();
  return { url: first?.url ?? "", spokes: links, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Handles orders in a callback, once the far end has acknowledged that. */
function onOrder(eventTarget: PubSubEventTarget): Promise<void> {
  return new Promise((onReady) => {
    createPubSub({ eventTarget }).on("order.placed", () => {}, { onReady });
  });
}
