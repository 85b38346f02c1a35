// What does it cost to publish on topics at random, from one topic to a million?

import { createInProcessEventTarget, createPubSub } from "../mod.ts";
import { Arrivals, type Events, STATUS, TOPIC_COUNTS, TYPE } from "./_load.ts";
import { EventEmitter3 } from "./peers.ts";

const EVENTS = 10_000;

for (const count of TOPIC_COUNTS) {
  const group = `random ones of ${count} topics, one event`;
  const arrivals = new Arrivals();
  const onEvent = (): void => {
    arrivals.count++;
  };
  const ids = Array.from({ length: count }, (_, i) => `proj_${i}`);
  // The same order for all. An event is published by its type and id, as if it came from elsewhere.
  const published = Array.from({ length: EVENTS }, (_, i) => `proj_${(i * 7_919_993) % count}`);
  const row = (name: string, publish: (id: string) => void): void => {
    Deno.bench({
      name,
      group,
      fn() {
        for (const id of published) publish(id);
        arrivals.check(EVENTS);
      },
    });
  };

  const eventTarget = createInProcessEventTarget();
  for (const id of ids) eventTarget.listen(TYPE, id, { onEvent });
  const pubsub = createPubSub<Events>({ eventTarget });
  row("@alkdev/pubsub", (id) => pubsub.publish(TYPE, id, STATUS));

  const map = new Map(ids.map((id) => [`${TYPE}:${id}`, onEvent]));
  row("bare Map by topic", (id) => map.get(`${TYPE}:${id}`)?.());

  const emitter = new EventEmitter3();
  for (const id of ids) emitter.on(`${TYPE}:${id}`, onEvent);
  row("eventemitter3", (id) => void emitter.emit(`${TYPE}:${id}`, STATUS));

  const target = new EventTarget();
  for (const id of ids) target.addEventListener(`${TYPE}:${id}`, onEvent);
  row(
    "native EventTarget",
    (id) => void target.dispatchEvent(new CustomEvent(`${TYPE}:${id}`, { detail: STATUS })),
  );
}
