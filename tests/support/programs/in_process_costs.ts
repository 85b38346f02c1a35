// Measures what work costs in-process beside the least code that does the same work, and prints the ratios as JSON. Each
// round takes a fraction of a millisecond, and the least one counts: other programs take the processor for longer.
//
// `deno run -A --v8-flags=--expose-gc tests/support/programs/in_process_costs.ts [name …]`

import process from "node:process";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  map,
  pipe,
} from "@alkdev/pubsub";
import { settledHeap } from "../../../scripts/lib/heap.ts";
import { FakeSocket } from "../fake_socket.ts";

type Events = { "session.status": { n: number } };
type Work = () => unknown;

const TYPE = "session.status";
const PAYLOAD = { n: 1 };
const ROUND_MS = 0.5;
/** Of the processor, for each way. */
const WARM_UP_MS = 120;
const MEASURED_MS = 80;

const topicsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `proj_${i}`);
let calls = 0;
const newListener = () => () => {
  calls++;
};

/** Published to a number of topics in turn, each with a number of listeners. */
function publishing(topics: number, listeners = 1): Work {
  const eventTarget = createInProcessEventTarget();
  const { publish } = createPubSub<Events>({ eventTarget });
  const ids = topicsOf(topics);
  for (const id of ids) {
    for (let i = 0; i < listeners; i++) eventTarget.listen(TYPE, id, { onEvent: newListener() });
  }
  return () => {
    for (const id of ids) publish(TYPE, id, PAYLOAD);
  };
}

/** The same with names that are known beforehand, as those of most emitters. */
function emitting(topics: number, listeners = 1): Work {
  const names = topicsOf(topics).map((id) => `${TYPE}:${id}`);
  const table = new Map(names.map((name) => [name, Array.from({ length: listeners }, newListener)]));
  return () => {
    for (const name of names) for (const listener of table.get(name) ?? []) call(listener, PAYLOAD);
  };
}

function call(listener: (payload: unknown) => void, payload: unknown): void {
  try {
    listener(payload);
  } catch (error) {
    reportError(error);
  }
}

function publishingOn(id: string, topics: number): Work {
  const eventTarget = createInProcessEventTarget();
  const { publish } = createPubSub<Events>({ eventTarget });
  for (const each of topicsOf(topics)) eventTarget.listen(TYPE, each, { onEvent: newListener() });
  return () => {
    for (let i = 0; i < 10; i++) publish(TYPE, id, PAYLOAD);
  };
}

/** The least queue that an async iterator can have. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#items[this.#head++];
    if (this.#head >= this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    // Only what was pushed is read.
    return Promise.resolve({ value: value as T, done: false });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return Promise.resolve({ value: undefined, done: true });
  }
}

const BURST = 128;

/** Numbers from settled promises, without end. */
class Numbers {
  #next = 0;

  next(): Promise<IteratorResult<number, undefined>> {
    return Promise.resolve({ value: this.#next++, done: false });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A step by hand: a promise of its own for each value, as a `return()` that settles a pending `next()` needs. */
class Doubled {
  readonly #source = new Numbers();

  next(): Promise<IteratorResult<number, undefined>> {
    return new Promise((resolve, reject) => {
      this.#source.next().then(
        (result) => resolve(result.done ? result : { ...result, value: 2 * result.value }),
        reject,
      );
    });
  }
}

async function readBurst(values: { next(): Promise<IteratorResult<unknown, undefined>> }): Promise<void> {
  for (let i = 0; i < BURST; i++) await values.next();
}

/** Pairs of ways, ours first. */
const rows: Record<string, () => readonly [Work, Work]> = {
  "a callback": () => [repeated(publishing(1)), repeated(emitting(1))],
  "ten callbacks": () => [repeated(publishing(1, 10)), repeated(emitting(1, 10))],
  "a thousand topics in turn": () => [publishing(1000), emitting(1000)],
  "an event listener": () => {
    const [ours, native] = [createInProcessEventTarget(), new EventTarget()];
    const { publish } = createPubSub<Events>({ eventTarget: ours });
    for (const target of [ours, native]) target.addEventListener(`${TYPE}:1`, newListener());
    return [
      repeated(() => publish(TYPE, "1", PAYLOAD)),
      repeated(() => native.dispatchEvent(new CustomEvent(`${TYPE}:1`, { detail: PAYLOAD }))),
    ];
  },
  "a callback added and removed": () => {
    const [ours, native] = [createInProcessEventTarget(), new EventTarget()];
    const ids = topicsOf(500);
    const names = ids.map((id) => `${TYPE}:${id}`);
    return [
      () => {
        const stops = ids.map((id) => ours.listen(TYPE, id, { onEvent: newListener() }));
        for (const stop of stops) stop();
      },
      () => {
        const stops = names.map((name) => {
          const listener = newListener();
          native.addEventListener(name, listener);
          return () => native.removeEventListener(name, listener);
        });
        for (const stop of stops) stop();
      },
    ];
  },
  "a burst that an iterator reads": () => {
    const pubsub = createPubSub<Events>();
    const subscription = pubsub.subscribe(TYPE, "1");
    const queue = new Queue<{ payload: unknown }>();
    return [
      async () => {
        for (let i = 0; i < BURST; i++) pubsub.publish(TYPE, "1", PAYLOAD);
        await readBurst(subscription);
      },
      async () => {
        for (let i = 0; i < BURST; i++) queue.push({ payload: PAYLOAD });
        await readBurst(queue);
      },
    ];
  },
  "a subscription made and ended": () => {
    const pubsub = createPubSub<Events>();
    const ids = topicsOf(200);
    const table = new Map<string, Queue<unknown>>();
    return [
      () => Promise.all(ids.map((id) => pubsub.subscribe(TYPE, id)).map((each) => each.return())),
      () => {
        const queues = ids.map((id) => {
          const queue = new Queue<unknown>();
          table.set(id, queue);
          return queue;
        });
        for (const id of ids) table.delete(id);
        return Promise.all(queues.map((queue) => queue.return()));
      },
    ];
  },
  "a step of a pipe": () => {
    const values = pipe(new Numbers(), map((value) => 2 * value));
    const byHand = new Doubled();
    return [() => readBurst(values), () => readBurst(byHand)];
  },
  "a lone event of a hub": () => {
    const hub = createWebSocketServerEventTarget();
    const [socket, bare] = [new FakeSocket(), { bytes: 0 }];
    socket.send = (data: unknown): void => void (bare.bytes += String(data).length);
    hub.addConnection(socket);
    socket.receive("__hello", "", { version: 1, batch: true });
    socket.receive("__subscribe", "1", { topics: [`${TYPE}:1`] });
    const { publish } = createPubSub<Events>({ eventTarget: hub });
    const sendBare = (event: object): void => void (bare.bytes += JSON.stringify(event).length);
    const inTurns = async (send: (n: number) => void): Promise<void> => {
      for (let n = 0; n < 50; n++) {
        send(n);
        await undefined;
        await undefined;
      }
    };
    return [
      () => inTurns((n) => publish(TYPE, "1", { n })),
      () => inTurns((n) => sendBare({ type: TYPE, id: "1", payload: { n } })),
    ];
  },
  "one of 100,000 topics, beside one of one":
    () => [publishingOn("proj_0", 100_000), publishingOn("proj_0", 1)],
  "a call of one of 2,000 listeners, beside one of 100": () => {
    const [many, few] = [publishing(1, 2000), publishing(1, 100)];
    return [many, repeated(few, 20)];
  },
};

function repeated(work: Work, times = 100): Work {
  return () => {
    for (let i = 0; i < times; i++) work();
  };
}

/** The least time of a round of each, in turns. */
async function ratioOf(works: readonly Work[]): Promise<number> {
  const best = works.map(() => Infinity);
  for (const ms of [WARM_UP_MS, MEASURED_MS]) {
    const end = processorMs() + ms * works.length;
    best.fill(Infinity);
    while (processorMs() < end) {
      for (const [i, work] of works.entries()) {
        const start = performance.now();
        let rounds = 0;
        let time = 0;
        do {
          const returned = work();
          if (returned instanceof Promise) await returned;
          rounds++;
          time = performance.now() - start;
        } while (time < ROUND_MS);
        best[i] = Math.min(best[i] ?? Infinity, time / rounds);
      }
    }
  }
  const [ours = NaN, bare = NaN] = best;
  return ours / bare;
}

/** Machines that are busy give a program little time, and V8 compiles what has run often. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The bytes of the heap that each of many takes. */
async function bytesOf(build: (ids: readonly string[]) => unknown): Promise<number> {
  const ids = topicsOf(20_000);
  const before = await settledHeap();
  const kept = build(ids);
  const bytes = (await settledHeap() - before) / ids.length;
  if (kept === undefined) throw new Error("nothing was kept");
  return Math.round(bytes);
}

const sizes: Record<string, (ids: readonly string[]) => unknown> = {
  "a topic with a callback": (ids) => {
    const eventTarget = createInProcessEventTarget();
    for (const id of ids) eventTarget.listen(TYPE, id, { onEvent: newListener() });
    return eventTarget;
  },
  "a topic with an idle subscription": (ids) => {
    const pubsub = createPubSub<Events>();
    return ids.map((id) => pubsub.subscribe(TYPE, id));
  },
};

const isAsked = (name: string): boolean => Deno.args.length === 0 || Deno.args.includes(name);
const ratios: Record<string, number> = {};
for (const [name, ways] of Object.entries(rows)) if (isAsked(name)) ratios[name] = await ratioOf(ways());
const bytes: Record<string, number> = {};
for (const [name, build] of Object.entries(sizes)) if (isAsked(name)) bytes[name] = await bytesOf(build);
console.log(JSON.stringify({ ratios, bytes }));
Deno.exit();
