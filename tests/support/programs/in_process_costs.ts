// Measures what work costs in-process beside the least code that does the same work, and prints the ratios as JSON. Each
// round takes a fraction of a millisecond, and the least one counts: other programs take the processor for longer.
//
// `deno run -A --v8-flags=--expose-gc tests/support/programs/in_process_costs.ts [name …]`

import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  map,
  pipe,
  type PubSub,
} from "@alkdev/pubsub";
import { Doubled, Numbers, Queue } from "../bare_ways.ts";
import { bytesOf, ratioOf, type Work } from "../costs.ts";
import { FakeSocket } from "../fake_socket.ts";

type Events = { "session.status": { n: number } };

const TYPE = "session.status";
const PAYLOAD = { n: 1 };
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

const BURST = 128;

async function readBurst(values: { next(): Promise<IteratorResult<unknown, undefined>> }): Promise<void> {
  for (let i = 0; i < BURST; i++) await values.next();
}

let sentBytes = 0;

function sendBare(frame: string): void {
  sentBytes += frame.length;
}

/** Throws unless both ways send the same. */
async function withSameBytes(...ways: readonly [Work, Work]): Promise<readonly [Work, Work]> {
  const sent: number[] = [];
  for (const way of ways) {
    // A hub answers its spokes first.
    await way();
    sentBytes = 0;
    await way();
    sent.push(sentBytes);
  }
  if (sent[0] !== sent[1]) throw new Error(`${sent[0]} bytes were sent, and ${sent[1]} by hand`);
  return ways;
}

/** Spokes of a hub that are subscribed to one topic, over sockets that only count. */
function hubWith(spokes: number): Pick<PubSub<Events>, "publish"> {
  const hub = createWebSocketServerEventTarget();
  for (let i = 0; i < spokes; i++) {
    const socket = new FakeSocket();
    socket.send = sendBare;
    hub.addConnection(socket);
    socket.receive("__hello", "", { version: 1, batch: true });
    socket.receive("__subscribe", "1", { topics: [`${TYPE}:1`] });
  }
  return createPubSub<Events>({ eventTarget: hub });
}

/** Sends something in each of several turns. Frames leave in a microtask. */
async function inTurns(turns: number, send: (n: number) => void): Promise<void> {
  for (let n = 0; n < turns; n++) {
    send(n);
    await undefined;
    await undefined;
  }
}

/** Pairs of ways, ours first. */
const rows: Record<string, () => readonly [Work, Work] | Promise<readonly [Work, Work]>> = {
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
    const { publish } = hubWith(1);
    return withSameBytes(
      () => inTurns(50, (n) => publish(TYPE, "1", { n })),
      () => inTurns(50, (n) => sendBare(JSON.stringify({ type: TYPE, id: "1", payload: { n } }))),
    );
  },
  "a burst of a hub to 100 spokes": () => {
    const { publish } = hubWith(100);
    return withSameBytes(
      () =>
        inTurns(1, () => {
          for (let n = 0; n < BURST; n++) publish(TYPE, "1", { n });
        }),
      () =>
        inTurns(1, () => {
          const events = Array.from({ length: BURST }, (_, n) => ({ type: TYPE, id: "1", payload: { n } }));
          const frame = `[${events.map((event) => JSON.stringify(event)).join()}]`;
          for (let i = 0; i < 100; i++) sendBare(frame);
        }),
    );
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

const MANY = topicsOf(20_000);
const sizes: Record<string, () => unknown> = {
  "a topic with a callback": () => {
    const eventTarget = createInProcessEventTarget();
    for (const id of MANY) eventTarget.listen(TYPE, id, { onEvent: newListener() });
    return eventTarget;
  },
  "a topic with an idle subscription": () => {
    const pubsub = createPubSub<Events>();
    return MANY.map((id) => pubsub.subscribe(TYPE, id));
  },
};

const isAsked = (name: string): boolean => Deno.args.length === 0 || Deno.args.includes(name);
const ratios: Record<string, number> = {};
for (const [name, ways] of Object.entries(rows)) {
  if (isAsked(name)) ratios[name] = await ratioOf(await ways());
}
const bytes: Record<string, number> = {};
for (const [name, build] of Object.entries(sizes)) {
  if (isAsked(name)) bytes[name] = await bytesOf(MANY.length, build);
}
console.log(JSON.stringify({ ratios, bytes }));
Deno.exit();
