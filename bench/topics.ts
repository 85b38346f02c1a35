// Does publishing cost more when there are a million topics?

import { createInProcessEventTarget, createPubSub, type EventEnvelope } from "../mod.ts";
import { Arrivals, type Events, STATUS, type Status, TYPE } from "./_load.ts";
import { TwoLevelMap } from "./_two_level_map.ts";

const MANY = 1_000_000;
const EVENTS = 10_000;

const arrivals = new Arrivals();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Each topic has its own listener, as in a program. */
interface Listener {
  onEvent(envelope: EventEnvelope): void;
}

const ids = Array.from({ length: MANY }, (_, i) => idOf(i));
const hot = idOf(MANY / 2);

// Equal to the subscribed ids, but other strings, like those that a program receives from elsewhere.
const published = Array.from({ length: MANY }, (_, i) => idOf(i));
// A string keeps its hash once it is computed, so no row pays for computing it.
new Set(published).clear();

/** The next topic. Its listener sets it, and only then can the next event be published. */
let next = 0;
const successors = cycleOf(MANY);
const newListener = (i: number): Listener => {
  const successor = successors[i] ?? 0;
  return {
    onEvent() {
      arrivals.count++;
      next = successor;
    },
  };
};

function pubsubWith(topics: readonly string[]) {
  const eventTarget = createInProcessEventTarget();
  for (const [i, id] of topics.entries()) eventTarget.listen(TYPE, id, newListener(i));
  return createPubSub<Events>({ eventTarget });
}

const few = pubsubWith([hot]);
const many = pubsubWith(ids);
const byId = new Map(ids.map((id, i) => [id, newListener(i)]));
const byTopic = new Map(ids.map((id, i) => [received(`${TYPE}:${id}`), newListener(i)]));
const twoLevels = new TwoLevelMap();
for (const [i, id] of ids.entries()) {
  const listener = newListener(i);
  twoLevels.listen(TYPE, id, (envelope) => listener.onEvent(envelope));
}
// The first row must not pay for the garbage of the setup.
(globalThis as { gc?: () => void }).gc?.();

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
  // The processor loads the memory of several events at once if all are known in advance and nothing happens between
  // them, which hides the cost of a look-up. Here each event leads to the next one, as in a program.
  const group = `random ones of ${MANY} topics`;
  Deno.bench({
    name: "@alkdev/pubsub",
    group,
    warmup: MANY / EVENTS,
    baseline: true,
    fn() {
      for (let i = 0; i < EVENTS; i++) many.publish(TYPE, published[next] ?? "", STATUS);
      arrivals.check(EVENTS);
    },
  });
  Deno.bench({
    name: "bare Map by id",
    group,
    warmup: MANY / EVENTS,
    fn() {
      for (let i = 0; i < EVENTS; i++) publishById(published[next] ?? "", STATUS);
      arrivals.check(EVENTS);
    },
  });
  Deno.bench({
    name: "bare Map by topic",
    group,
    warmup: MANY / EVENTS,
    fn() {
      for (let i = 0; i < EVENTS; i++) publishByTopic(TYPE, published[next] ?? "", STATUS);
      arrivals.check(EVENTS);
    },
  });
  Deno.bench({
    name: "bare two-level Map",
    group,
    warmup: MANY / EVENTS,
    fn() {
      for (let i = 0; i < EVENTS; i++) twoLevels.publish(TYPE, published[next] ?? "", STATUS);
      arrivals.check(EVENTS);
    },
  });
}

{
  const group = `random ones of ${MANY} topics, known beforehand`;
  const order = new Uint32Array(EVENTS);
  const prepare = (): void => {
    for (let i = 0; i < EVENTS; i++) order[i] = next = successors[next] ?? 0;
  };
  Deno.bench({
    name: "@alkdev/pubsub",
    group,
    warmup: MANY / EVENTS,
    baseline: true,
    fn(b) {
      prepare();
      b.start();
      for (let i = 0; i < EVENTS; i++) many.publish(TYPE, published[order[i] ?? 0] ?? "", STATUS);
      b.end();
      arrivals.check(EVENTS);
    },
  });
  Deno.bench({
    name: "bare Map by id",
    group,
    warmup: MANY / EVENTS,
    fn(b) {
      prepare();
      b.start();
      for (let i = 0; i < EVENTS; i++) publishById(published[order[i] ?? 0] ?? "", STATUS);
      b.end();
      arrivals.check(EVENTS);
    },
  });
}

function publishById(id: string, payload: Status): void {
  byId.get(id)?.onEvent({ type: TYPE, id, payload });
}

function publishByTopic(type: string, id: string, payload: Status): void {
  byTopic.get(`${type}:${id}`)?.onEvent({ type, id, payload });
}

function idOf(i: number): string {
  return received(`proj_${String(i).padStart(12, "0")}`);
}

/** A string as a wire delivers it: flat, and not shared with an equal string. */
function received(text: string): string {
  return decoder.decode(encoder.encode(text));
}

/** A random order of the numbers below a count, as one cycle (Sattolo), the same each time. */
function cycleOf(count: number): Uint32Array {
  const cycle = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0;
    const j = Math.floor(state / 2 ** 32 * i);
    [cycle[i], cycle[j]] = [cycle[j] ?? 0, cycle[i] ?? 0];
  }
  return cycle;
}
