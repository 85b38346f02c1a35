// What does it cost to publish to callbacks in the same process?
//
// emittery has no row: it calls each listener later, with a promise, which is other work. It is among the iterators.

import { createInProcessEventTarget, createPubSub } from "../mod.ts";
import { Arrivals, type Events, ID, STATUS, type Status, TOPIC, TYPE } from "./_load.ts";
import { createMitt, EventEmitter3, Subject } from "./peers.ts";
import { TwoLevelMap } from "./_two_level_map.ts";

/** Events an iteration, by the number of listeners. */
const LOADS = [[1, 1000], [10, 1000], [1000, 10]] as const;
const TOPICS = 1000;

// Each row has its own loop, so that V8 optimises each loop for one row.
for (const [listeners, events] of LOADS) {
  const group = listeners === 1 ? "1 listener" : `${listeners} listeners`;
  const arrivals = new Arrivals();
  const newListener = () => () => {
    arrivals.count++;
  };

  {
    const eventTarget = createInProcessEventTarget();
    const { publish } = createPubSub<Events>({ eventTarget });
    for (let i = 0; i < listeners; i++) eventTarget.listen(TYPE, ID, { onEvent: newListener() });
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      fn() {
        for (let i = 0; i < events; i++) publish(TYPE, ID, STATUS);
        arrivals.check(events * listeners);
      },
    });
  }

  {
    // It does less than the others: its events have a name known in advance, and no envelope.
    const emitter = new EventEmitter3();
    for (let i = 0; i < listeners; i++) emitter.on(TOPIC, newListener());
    Deno.bench({
      name: "eventemitter3",
      group,
      fn() {
        for (let i = 0; i < events; i++) emitter.emit(TOPIC, STATUS);
        arrivals.check(events * listeners);
      },
    });
  }

  {
    const emitter = createMitt<Record<string, Status>>();
    for (let i = 0; i < listeners; i++) emitter.on(TOPIC, newListener());
    Deno.bench({
      name: "mitt",
      group,
      fn() {
        for (let i = 0; i < events; i++) emitter.emit(TOPIC, STATUS);
        arrivals.check(events * listeners);
      },
    });
  }

  {
    // It has no names either: a Subject is one topic.
    const subject = new Subject<Status>();
    for (let i = 0; i < listeners; i++) subject.subscribe(newListener());
    Deno.bench({
      name: "RxJS",
      group,
      fn() {
        for (let i = 0; i < events; i++) subject.next(STATUS);
        arrivals.check(events * listeners);
      },
    });
  }

  {
    const target = new EventTarget();
    for (let i = 0; i < listeners; i++) target.addEventListener(TOPIC, newListener());
    Deno.bench({
      name: "native EventTarget",
      group,
      fn() {
        for (let i = 0; i < events; i++) target.dispatchEvent(new CustomEvent(TOPIC, { detail: STATUS }));
        arrivals.check(events * listeners);
      },
    });
  }

  {
    const map = new TwoLevelMap();
    for (let i = 0; i < listeners; i++) map.listen(TYPE, ID, newListener());
    Deno.bench({
      name: "bare two-level Map",
      group,
      fn() {
        for (let i = 0; i < events; i++) map.publish(TYPE, ID, STATUS);
        arrivals.check(events * listeners);
      },
    });
  }
}

{
  // One listener on each topic, and each event on another topic than the previous one.
  const group = "1000 topics in turn";
  const arrivals = new Arrivals();
  const onEvent = () => {
    arrivals.count++;
  };
  const ids = Array.from({ length: TOPICS }, (_, i) => `proj_${i}`);
  const topics = ids.map((id) => `${TYPE}:${id}`);

  {
    const eventTarget = createInProcessEventTarget();
    const { publish } = createPubSub<Events>({ eventTarget });
    for (const id of ids) eventTarget.listen(TYPE, id, { onEvent });
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      fn() {
        for (const id of ids) publish(TYPE, id, STATUS);
        arrivals.check(TOPICS);
      },
    });
  }

  {
    const emitter = new EventEmitter3();
    for (const topic of topics) emitter.on(topic, onEvent);
    Deno.bench({
      name: "eventemitter3",
      group,
      fn() {
        for (const topic of topics) emitter.emit(topic, STATUS);
        arrivals.check(TOPICS);
      },
    });
  }

  {
    const emitter = createMitt<Record<string, Status>>();
    for (const topic of topics) emitter.on(topic, onEvent);
    Deno.bench({
      name: "mitt",
      group,
      fn() {
        for (const topic of topics) emitter.emit(topic, STATUS);
        arrivals.check(TOPICS);
      },
    });
  }

  {
    const subjects = new Map(topics.map((topic) => [topic, new Subject<Status>()]));
    for (const subject of subjects.values()) subject.subscribe(onEvent);
    Deno.bench({
      name: "RxJS, a Map of them",
      group,
      fn() {
        for (const topic of topics) subjects.get(topic)?.next(STATUS);
        arrivals.check(TOPICS);
      },
    });
  }

  {
    const target = new EventTarget();
    for (const topic of topics) target.addEventListener(topic, onEvent);
    Deno.bench({
      name: "native EventTarget",
      group,
      fn() {
        for (const topic of topics) target.dispatchEvent(new CustomEvent(topic, { detail: STATUS }));
        arrivals.check(TOPICS);
      },
    });
  }

  {
    const map = new TwoLevelMap();
    for (const id of ids) map.listen(TYPE, id, onEvent);
    Deno.bench({
      name: "bare two-level Map",
      group,
      fn() {
        for (const id of ids) map.publish(TYPE, id, STATUS);
        arrivals.check(TOPICS);
      },
    });
  }
}
