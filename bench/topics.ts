// Does publishing cost more when there are a million topics?

import { createInProcessEventTarget, createPubSub, type EventEnvelope } from "../mod.ts";
import { Arrivals, type Events, STATUS, type Status, TYPE } from "./_load.ts";

const MANY = 1_000_000;
const EVENTS = 10_000;

const arrivals = new Arrivals();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Each topic has a listener of its own, as it has in a program. */
interface Listener {
  onEvent(envelope: EventEnvelope): void;
}

const newListener = (): Listener => ({
  onEvent() {
    arrivals.count++;
  },
});

const ids = Array.from({ length: MANY }, (_, i) => idOf(i));
const hot = idOf(MANY / 2);

// Equal to the ids that were listened to, but other strings, as those are that a program gets from elsewhere; every
// row takes the next ones of the same list, and so none finds in the processor's caches what the row before has left.
const published = shuffle(Array.from({ length: MANY }, (_, i) => idOf(i)));
const publishedTopics = published.map((id) => received(`${TYPE}:${id}`));
// A string keeps its hash once somebody has asked for it: nobody is charged for being the first.
new Set([...published, ...publishedTopics]).clear();

function pubsubWith(topics: readonly string[]) {
  const eventTarget = createInProcessEventTarget();
  for (const id of topics) eventTarget.listen(TYPE, id, newListener());
  return createPubSub<Events>({ eventTarget });
}

const few = pubsubWith([hot]);
const many = pubsubWith(ids);
const byId = new Map(ids.map((id) => [id, newListener()]));
const byTopic = new Map(ids.map((id) => [received(`${TYPE}:${id}`), newListener()]));

{
  const group = "one hot topic";
  Deno.bench({
    name: "of 1",
    group,
    baseline: true,
    fn() {
      for (let i = 0; i < EVENTS; i++) few.publish(TYPE, hot, STATUS);
      arrivals.check(EVENTS);
    },
  });
  Deno.bench({
    name: `of ${MANY}`,
    group,
    fn() {
      for (let i = 0; i < EVENTS; i++) many.publish(TYPE, hot, STATUS);
      arrivals.check(EVENTS);
    },
  });
}

{
  const group = `random ones of ${MANY} topics`;
  {
    let at = 0;
    Deno.bench({
      name: "@alkdev/pubsub",
      group,
      baseline: true,
      fn() {
        for (let i = 0; i < EVENTS; i++) many.publish(TYPE, published[at + i] ?? "", STATUS);
        at = (at + EVENTS) % MANY;
        arrivals.check(EVENTS);
      },
    });
  }
  {
    let at = 0;
    Deno.bench({
      name: "bare Map by id",
      group,
      fn() {
        for (let i = 0; i < EVENTS; i++) publishById(published[at + i] ?? "", STATUS);
        at = (at + EVENTS) % MANY;
        arrivals.check(EVENTS);
      },
    });
  }
  {
    let at = 0;
    Deno.bench({
      name: "bare Map by a topic that is known beforehand",
      group,
      fn() {
        for (let i = 0; i < EVENTS; i++) publishByTopic(publishedTopics[at + i] ?? "", STATUS);
        at = (at + EVENTS) % MANY;
        arrivals.check(EVENTS);
      },
    });
  }
  {
    let at = 0;
    Deno.bench({
      name: "bare Map by a topic that is put together",
      group,
      fn() {
        for (let i = 0; i < EVENTS; i++) publishByTopic(`${TYPE}:${published[at + i]}`, STATUS);
        at = (at + EVENTS) % MANY;
        arrivals.check(EVENTS);
      },
    });
  }
}

function publishById(id: string, payload: Status): void {
  byId.get(id)?.onEvent({ type: TYPE, id, payload });
}

function publishByTopic(topic: string, payload: Status): void {
  byTopic.get(topic)?.onEvent({ type: TYPE, id: topic, payload });
}

function idOf(i: number): string {
  return received(`proj_${String(i).padStart(12, "0")}`);
}

/** A string as it comes off a wire: in one piece, and shared with no other string that is equal to it. */
function received(text: string): string {
  return decoder.decode(encoder.encode(text));
}

/** Fisher and Yates, with a generator that gives the same order each time. */
function shuffle<T>(items: T[]): T[] {
  let state = 1;
  for (let i = items.length - 1; i > 0; i--) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0;
    const j = Math.floor(state / 2 ** 32 * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
