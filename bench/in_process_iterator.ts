// What does it cost to publish a burst in the same process, and to read it from async iterators?

import { createPubSub } from "../mod.ts";
import { BURST, type Events, ID, STATUS, type Status, TOPIC, TYPE } from "./_load.ts";
import {
  AsyncSink,
  createYogaPubSub,
  Emittery,
  GraphqlPubSub,
  NodeEventEmitter,
  nodeEventsOn,
} from "./peers.ts";
import { Queue } from "./_queue.ts";
import { TwoLevelMap } from "./_two_level_map.ts";

/** The number of iterators, and the burst that is published to them. */
const LOADS = [[1, BURST], [10, BURST.slice(0, 64)], [1000, BURST.slice(0, 8)]] as const;

for (const [count, burst] of LOADS) {
  const group = `bursts of ${burst.length}${count === 1 ? "" : ` to ${count} iterators`}`;
  const iterators = <T>(make: () => T): T[] => Array.from({ length: count }, make);

  {
    const pubsub = createPubSub<Events>();
    const all = iterators(() => pubsub.subscribe(TYPE, ID));
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      baseline: true,
      async fn() {
        for (const status of burst) pubsub.publish(TYPE, ID, status);
        for (const events of all) {
          for (const { n } of burst) checkPlace((await events.next()).value?.payload, n);
        }
      },
    });
  }

  {
    const all = iterators(() => new Queue<Status>());
    Deno.bench({
      name: "hand-written queue",
      group,
      async fn() {
        for (const status of burst) for (const queue of all) queue.push(status);
        for (const queue of all) {
          for (const { n } of burst) checkPlace((await queue.next()).value, n);
        }
      },
    });
  }

  {
    const all = iterators(() => new Queue<{ readonly payload: unknown }>());
    const map = new TwoLevelMap();
    for (const queue of all) map.listen(TYPE, ID, (envelope) => queue.push(envelope));
    Deno.bench({
      name: "hand-written queue behind a two-level Map",
      group,
      async fn() {
        for (const status of burst) map.publish(TYPE, ID, status);
        for (const queue of all) {
          for (const { n } of burst) checkPlace((await queue.next()).value?.payload as Status, n);
        }
      },
    });
  }

  {
    const pubsub = createYogaPubSub<{ [TYPE]: [id: string, status: Status] }>();
    const all = iterators(() => pubsub.subscribe(TYPE, ID));
    // They receive nothing before the first next().
    const firsts = all.map((events) => events.next());
    pubsub.publish(TYPE, ID, STATUS);
    await Promise.all(firsts);
    Deno.bench({
      name: "@graphql-yoga/subscription",
      group,
      async fn() {
        for (const status of burst) pubsub.publish(TYPE, ID, status);
        for (const events of all) {
          for (const { n } of burst) checkPlace((await events.next()).value, n);
        }
      },
    });
  }

  {
    const eventEmitter = new NodeEventEmitter();
    eventEmitter.setMaxListeners(0);
    const pubsub = new GraphqlPubSub({ eventEmitter });
    const all = iterators(() => pubsub.asyncIterableIterator<Status>(TOPIC));
    // They receive nothing before the first next(), which takes a turn to subscribe.
    const firsts = all.map((events) => events.next());
    await Promise.resolve();
    void pubsub.publish(TOPIC, STATUS);
    await Promise.all(firsts);
    Deno.bench({
      name: "graphql-subscriptions",
      group,
      async fn() {
        for (const status of burst) void pubsub.publish(TOPIC, status);
        for (const events of all) {
          for (const { n } of burst) checkPlace((await events.next()).value, n);
        }
      },
    });
  }

  {
    const emitter = new NodeEventEmitter();
    emitter.setMaxListeners(0);
    const all = iterators(() => nodeEventsOn(emitter, TOPIC));
    Deno.bench({
      name: "node:events on()",
      group,
      async fn() {
        for (const status of burst) emitter.emit(TOPIC, status);
        for (const events of all) {
          for (const { n } of burst) checkPlace((await events.next()).value?.[0] as Status, n);
        }
      },
    });
  }

  {
    const emitter = new Emittery<Record<string, Status>>();
    const all = iterators(() => emitter.events(TOPIC));
    Deno.bench({
      name: "emittery",
      group,
      async fn() {
        for (const status of burst) void emitter.emit(TOPIC, status);
        for (const events of all) {
          for (const { n } of burst) checkPlace((await events.next()).value?.data, n);
        }
      },
    });
  }

  {
    // It has no topics: the publisher writes into each sink.
    const all = iterators(() => new AsyncSink<Status>());
    Deno.bench({
      name: "IxJS, AsyncSink",
      group,
      async fn() {
        for (const status of burst) for (const sink of all) sink.write(status);
        for (const sink of all) {
          for (const { n } of burst) checkPlace((await sink.next()).value, n);
        }
      },
    });
  }
}

/** Throws unless it is the next event: none is missing, and none arrives twice. */
function checkPlace(status: Status | undefined, n: number): void {
  if (status?.n !== n) throw new Error(`The event ${status?.n} arrived instead of ${n}`);
}
