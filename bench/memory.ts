// How much heap does a topic take, and how much a subscription?
//
// `deno run -A --v8-flags=--expose-gc bench/memory.ts`

import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  type EventEnvelope,
  type WebSocketLike,
  type WebSocketLikeEvent,
} from "../mod.ts";
import { Arrivals, type Events, ID, STATUS, type Status, TYPE } from "./_load.ts";
import { settledHeap } from "../scripts/lib/heap.ts";
import { createYogaPubSub, EventEmitter3 } from "./peers.ts";

const COUNT = 100_000;
const SPOKES = 10;

const arrivals = new Arrivals();
const ids = Array.from({ length: COUNT }, (_, i) => `proj_${String(i).padStart(12, "0")}`);
const topics = ids.map((id) => `${TYPE}:${id}`);
const newListener = () => () => {
  arrivals.count++;
};

/** An open socket without a peer, which counts the events that are sent to it. */
class CountingSocket implements WebSocketLike {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  #onMessage: (event: WebSocketLikeEvent) => void = () => {};

  addEventListener(type: string, listener: (event: WebSocketLikeEvent) => void): void {
    if (type === "message") this.#onMessage = listener;
  }

  removeEventListener(): void {}

  close(): void {}

  send(data: string): void {
    const frame: EventEnvelope | EventEnvelope[] = JSON.parse(data);
    for (const { type } of Array.isArray(frame) ? frame : [frame]) if (type === TYPE) arrivals.count++;
  }

  receive(data: string): void {
    this.#onMessage({ data });
  }
}

const rows: Record<string, number> = {};

await row("a topic with a callback", () => {
  const eventTarget = createInProcessEventTarget();
  for (const id of ids) eventTarget.listen(TYPE, id, { onEvent: newListener() });
  return () => publishEach((envelope) => eventTarget.publish(envelope));
});
await row("a callback on a topic of many", () => {
  const eventTarget = createInProcessEventTarget();
  for (let i = 0; i < COUNT; i++) eventTarget.listen(TYPE, ID, { onEvent: newListener() });
  return () => eventTarget.publish({ type: TYPE, id: ID, payload: STATUS });
});
await row("a topic with a callback, bare Map", () => {
  const map = new Map(ids.map((id) => [id, { onEvent: newListener() }]));
  return () => publishEach(({ id }) => map.get(id)?.onEvent());
});
await row("a topic with a callback, eventemitter3", () => {
  const emitter = new EventEmitter3();
  for (const topic of topics) emitter.on(topic, newListener());
  return () => publishEach((_, topic) => void emitter.emit(topic, STATUS));
});
await row("a topic with a callback, native EventTarget", () => {
  const target = new EventTarget();
  for (const topic of topics) target.addEventListener(topic, newListener());
  return () => publishEach((_, topic) => void target.dispatchEvent(new CustomEvent(topic)));
});
await row("a topic with a subscription", () => {
  const pubsub = createPubSub<Events>();
  const subscriptions = ids.map((id) => pubsub.subscribe(TYPE, id));
  return async () => {
    for (const id of ids) pubsub.publish(TYPE, id, STATUS);
    for (const subscription of subscriptions) if (!(await subscription.next()).done) arrivals.count++;
  };
});
await row("a topic with a subscription that is being read", () => {
  const pubsub = createPubSub<Events>();
  return readEach((id) => pubsub.subscribe(TYPE, id), (id) => pubsub.publish(TYPE, id, STATUS));
});
await row("a topic with a subscription that is being read, @graphql-yoga/subscription", () => {
  const pubsub = createYogaPubSub<{ [TYPE]: [id: string, status: Status] }>();
  return readEach((id) => pubsub.subscribe(TYPE, id), (id) => pubsub.publish(TYPE, id, STATUS));
});
await row("a topic of a hub's spoke, its name included", () => {
  const hub = createWebSocketServerEventTarget();
  for (let i = 0; i < SPOKES; i++) {
    const own = topics.slice(i * COUNT / SPOKES, (i + 1) * COUNT / SPOKES);
    const socket = new CountingSocket();
    hub.addConnection(socket);
    for (const topic of own) {
      socket.receive(JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: [topic] } }));
    }
  }
  return async () => {
    publishEach((envelope) => hub.publish(envelope));
    await hub.close();
  };
});

console.log(JSON.stringify({ rows }));

/** Measures what stays on the heap, and checks that it works. */
async function row(name: string, build: () => () => void | Promise<void>): Promise<void> {
  const before = await settledHeap();
  const use = build();
  rows[`bytes of the heap: ${name}`] = Math.round((await settledHeap() - before) / COUNT);
  await use();
  arrivals.check(COUNT);
}

/** Reads a subscription for each id. Returns a function that publishes to each and ends them. */
function readEach(
  subscribe: (id: string) => { next(): Promise<IteratorResult<unknown>>; return(): Promise<unknown> },
  publish: (id: string) => void,
): () => Promise<void> {
  const subscriptions = ids.map(subscribe);
  const reads = subscriptions.map((subscription) => subscription.next());
  return async () => {
    for (const id of ids) publish(id);
    for (const read of reads) if (!(await read).done) arrivals.count++;
    for (const subscription of subscriptions) await subscription.return();
  };
}

function publishEach(publish: (envelope: EventEnvelope, topic: string) => void): void {
  for (const [i, id] of ids.entries()) publish({ type: TYPE, id, payload: STATUS }, topics[i] ?? "");
}
