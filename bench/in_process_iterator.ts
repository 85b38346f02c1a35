// What does it cost to publish a burst in the same process, and to read it from an async iterator?

import { createPubSub } from "../mod.ts";
import { BURST, type Events, ID, type Status, TOPIC, TYPE } from "./_load.ts";
import { createYogaPubSub, Emittery, GraphqlPubSub, NodeEventEmitter, nodeEventsOn } from "./peers.ts";
import { Queue } from "./_queue.ts";
import { TwoLevelMap } from "./_two_level_map.ts";

const group = `bursts of ${BURST.length}`;

{
  const pubsub = createPubSub<Events>();
  const events = pubsub.subscribe(TYPE, ID);
  Deno.bench({
    name: "@alkdev/pubsub",
    group,
    baseline: true,
    async fn() {
      for (const status of BURST) pubsub.publish(TYPE, ID, status);
      for (const { n } of BURST) checkPlace((await events.next()).value?.payload, n);
    },
  });
}

{
  const queue = new Queue<Status>();
  Deno.bench({
    name: "hand-written queue",
    group,
    async fn() {
      for (const status of BURST) queue.push(status);
      for (const { n } of BURST) checkPlace((await queue.next()).value, n);
    },
  });
}

{
  const queue = new Queue<{ readonly payload: unknown }>();
  const map = new TwoLevelMap();
  map.listen(TYPE, ID, (envelope) => queue.push(envelope));
  Deno.bench({
    name: "hand-written queue behind a two-level Map",
    group,
    async fn() {
      for (const status of BURST) map.publish(TYPE, ID, status);
      for (const { n } of BURST) checkPlace((await queue.next()).value?.payload as Status, n);
    },
  });
}

{
  const pubsub = createYogaPubSub<{ [TYPE]: [id: string, status: Status] }>();
  const events = pubsub.subscribe(TYPE, ID);
  // It hears nothing before the first next().
  const first = events.next();
  pubsub.publish(TYPE, ID, { state: "running", n: 0 });
  await first;
  Deno.bench({
    name: "@graphql-yoga/subscription",
    group,
    async fn() {
      for (const status of BURST) pubsub.publish(TYPE, ID, status);
      for (const { n } of BURST) checkPlace((await events.next()).value, n);
    },
  });
}

{
  const pubsub = new GraphqlPubSub();
  const events = pubsub.asyncIterableIterator<Status>(TOPIC);
  // It hears nothing before the first next(), which takes a turn to subscribe.
  const first = events.next();
  await Promise.resolve();
  void pubsub.publish(TOPIC, { state: "running", n: 0 });
  await first;
  Deno.bench({
    name: "graphql-subscriptions",
    group,
    async fn() {
      for (const status of BURST) void pubsub.publish(TOPIC, status);
      for (const { n } of BURST) checkPlace((await events.next()).value, n);
    },
  });
}

{
  const emitter = new NodeEventEmitter();
  const events = nodeEventsOn(emitter, TOPIC);
  Deno.bench({
    name: "node:events on()",
    group,
    async fn() {
      for (const status of BURST) emitter.emit(TOPIC, status);
      for (const { n } of BURST) checkPlace((await events.next()).value?.[0] as Status, n);
    },
  });
}

{
  const emitter = new Emittery<Record<string, Status>>();
  const events = emitter.events(TOPIC);
  Deno.bench({
    name: "emittery",
    group,
    async fn() {
      for (const status of BURST) void emitter.emit(TOPIC, status);
      for (const { n } of BURST) checkPlace((await events.next()).value?.data, n);
    },
  });
}

/** Fails unless it is the event that comes next: none is missing, and none comes twice. */
function checkPlace(status: Status | undefined, n: number): void {
  if (status?.n !== n) throw new Error(`The event ${status?.n} arrived instead of ${n}`);
}
