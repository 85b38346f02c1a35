// What does it cost to start and to stop listening?

import { createInProcessEventTarget, createPubSub } from "../mod.ts";
import { Arrivals, type Events, STATUS, type Status, TYPE } from "./_load.ts";
import { createMitt, createYogaPubSub, EventEmitter3, Subject } from "./peers.ts";
import { Queue } from "./_queue.ts";
import { TwoLevelMap } from "./_two_level_map.ts";

/** Topics of an iteration: a listener is added to each, then all are removed. One topic is checked before and after. */
const TOPICS = 1000;

const ids = Array.from({ length: TOPICS }, (_, i) => `proj_${String(i).padStart(12, "0")}`);
const topics = ids.map((id) => `${TYPE}:${id}`);
const [firstId = "", firstTopic = ""] = [ids[0], topics[0]];

const arrivals = new Arrivals();
const newListener = () => () => {
  arrivals.count++;
};

{
  const group = `${TOPICS} callbacks added and removed`;
  {
    const eventTarget = createInProcessEventTarget();
    const { publish } = createPubSub<Events>({ eventTarget });
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      baseline: true,
      fn() {
        const stops = ids.map((id) => eventTarget.listen(TYPE, id, { onEvent: newListener() }));
        publish(TYPE, firstId, STATUS);
        for (const stop of stops) stop();
        publish(TYPE, firstId, STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    const map = new TwoLevelMap();
    Deno.bench({
      name: "bare two-level Map",
      group,
      fn() {
        const stops = ids.map((id) => map.listen(TYPE, id, newListener()));
        map.publish(TYPE, firstId, STATUS);
        for (const stop of stops) stop();
        map.publish(TYPE, firstId, STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    const emitter = new EventEmitter3();
    Deno.bench({
      name: "eventemitter3",
      group,
      fn() {
        const stops = topics.map((topic) => {
          const listener = newListener();
          emitter.on(topic, listener);
          return () => emitter.off(topic, listener);
        });
        emitter.emit(firstTopic, STATUS);
        for (const stop of stops) stop();
        emitter.emit(firstTopic, STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    const emitter = createMitt<Record<string, Status>>();
    Deno.bench({
      name: "mitt",
      group,
      fn() {
        const stops = topics.map((topic) => {
          const listener = newListener();
          emitter.on(topic, listener);
          return () => emitter.off(topic, listener);
        });
        emitter.emit(firstTopic, STATUS);
        for (const stop of stops) stop();
        emitter.emit(firstTopic, STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    // It has no topics: its subjects exist before, and stay.
    const subjects = topics.map(() => new Subject<Status>());
    Deno.bench({
      name: "RxJS, a Subject each",
      group,
      fn() {
        const subscriptions = subjects.map((subject) => subject.subscribe(newListener()));
        subjects[0]?.next(STATUS);
        for (const subscription of subscriptions) subscription.unsubscribe();
        subjects[0]?.next(STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    const target = new EventTarget();
    Deno.bench({
      name: "native EventTarget",
      group,
      fn() {
        const stops = topics.map((topic) => {
          const listener = newListener();
          target.addEventListener(topic, listener);
          return () => target.removeEventListener(topic, listener);
        });
        target.dispatchEvent(new CustomEvent(firstTopic, { detail: STATUS }));
        for (const stop of stops) stop();
        target.dispatchEvent(new CustomEvent(firstTopic, { detail: STATUS }));
        arrivals.check(1);
      },
    });
  }
}

{
  const group = `${TOPICS} iterators made and ended`;
  {
    const pubsub = createPubSub<Events>();
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      baseline: true,
      async fn() {
        const all = ids.map((id) => pubsub.subscribe(TYPE, id));
        pubsub.publish(TYPE, firstId, STATUS);
        if ((await all[0]?.next())?.value?.payload === STATUS) arrivals.count++;
        for (const each of all) await each.return();
        pubsub.publish(TYPE, firstId, STATUS);
        if ((await all[0]?.next())?.done !== true) arrivals.count++;
        arrivals.check(1);
      },
    });
  }
  {
    const map = new TwoLevelMap();
    Deno.bench({
      name: "hand-written queue behind a two-level Map",
      group,
      async fn() {
        const all = ids.map((id) => {
          const queue = new Queue<{ readonly payload: unknown }>();
          return { queue, stop: map.listen(TYPE, id, (envelope) => queue.push(envelope)) };
        });
        map.publish(TYPE, firstId, STATUS);
        if ((await all[0]?.queue.next())?.value?.payload === STATUS) arrivals.count++;
        for (const { stop } of all) await Promise.resolve(stop());
        map.publish(TYPE, firstId, STATUS);
        arrivals.check(1);
      },
    });
  }
  {
    const pubsub = createYogaPubSub<{ [TYPE]: [id: string, status: Status] }>();
    Deno.bench({
      name: "@graphql-yoga/subscription",
      group,
      async fn() {
        const all = ids.map((id) => pubsub.subscribe(TYPE, id));
        // They listen from the first next().
        const [first] = all.map((each) => each.next());
        pubsub.publish(TYPE, firstId, STATUS);
        if ((await first)?.value === STATUS) arrivals.count++;
        for (const each of all) await each.return();
        pubsub.publish(TYPE, firstId, STATUS);
        if ((await all[0]?.next())?.done !== true) arrivals.count++;
        arrivals.check(1);
      },
    });
  }
}
