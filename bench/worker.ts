// What does it cost to send events to a worker, and buffers with and without moving them?
//
// `deno run -A --v8-flags=--expose-gc bench/worker.ts`. It is no `Deno.bench`, which cannot take turns: here each round
// goes each way once, so that whatever else the machine does meets all of them. Every way has its worker, and is over
// when the worker says that it has had all of it. The rows are medians.

import { createPubSub, createWorkerHostEventTarget } from "../mod.ts";
import type { BenchWorkerMode } from "./_bench_worker.ts";
import { BURST, type Events, ID, type Status, TYPE } from "./_load.ts";

const { gc } = globalThis as { gc?: () => void };

const BURST_ROUNDS = 1000;
const BUFFER_ROUNDS = 60;
const WARM_UP_ROUNDS = 10;

/** How many buffers are on their way at once. */
const BUFFERS = 64;

/** The size of each, in bytes: 1 MiB. */
const BUFFER_BYTES = 1024 * 1024;

/** One way to send a load. */
interface Way<TLoad> {
  readonly name: string;
  readonly send: (load: TLoad) => void;
  /** Resolves once the worker has had the next load. */
  readonly done: () => Promise<void>;
}

const rows: Record<string, number> = {};
await measure(`bursts of ${BURST.length} to a worker`, await burstWays(), BURST_ROUNDS, () => BURST);
await measure(`${BUFFERS} buffers of 1 MiB to a worker`, await bufferWays(), BUFFER_ROUNDS, () => {
  // What is moved is gone: each round has buffers of its own, made and filled outside of what is measured.
  const made = Array.from({ length: BUFFERS }, (_, i) => new Uint8Array(BUFFER_BYTES).fill(i).buffer);
  // Else what is measured is when the memory of earlier rounds is freed.
  gc?.();
  return made;
});
console.log(JSON.stringify({ rows }));
Deno.exit();

/** Sends loads each way in turn, and notes the median time of each, in nanoseconds. */
async function measure<TLoad>(
  group: string,
  ways: readonly Way<TLoad>[],
  rounds: number,
  makeLoad: () => TLoad,
): Promise<void> {
  const times = ways.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [i, { send, done }] of ways.entries()) {
      const load = makeLoad();
      const arrived = done();
      const start = performance.now();
      send(load);
      await arrived;
      if (round >= 0) times[i]?.push(1e6 * (performance.now() - start));
    }
  }
  for (const [i, { name }] of ways.entries()) {
    const sorted = times[i]?.toSorted((a, b) => a - b) ?? [];
    rows[`${group}: ${name}`] = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  }
}

async function burstWays(): Promise<Way<readonly Status[]>[]> {
  const pubsub = await start("pubsub");
  const { publish } = createPubSub<Events>({ eventTarget: await openHost(pubsub.worker) });
  const [events, bursts] = [await start("bare"), await start("bare")];
  return [
    {
      name: "@alkdev/pubsub",
      send: (burst) => burst.forEach((status) => publish(TYPE, ID, status)),
      done: pubsub.done,
    },
    {
      name: "bare worker, one postMessage per event",
      send: (burst) => burst.forEach((payload) => events.worker.postMessage({ type: TYPE, id: ID, payload })),
      done: events.done,
    },
    {
      name: "bare worker, one postMessage per burst",
      send: (burst) => bursts.worker.postMessage(burst.map((payload) => ({ type: TYPE, id: ID, payload }))),
      done: bursts.done,
    },
  ];
}

async function bufferWays(): Promise<Way<readonly ArrayBuffer[]>[]> {
  const ways: Way<readonly ArrayBuffer[]>[] = [];
  for (const moves of [true, false]) {
    const pubsub = await start("pubsub");
    const eventTarget = await openHost(pubsub.worker, moves);
    const { publish } = createPubSub<{ bytes: ArrayBuffer }>({ eventTarget });
    ways.push({
      name: moves ? "@alkdev/pubsub" : "@alkdev/pubsub, copied",
      send: (buffers) => buffers.forEach((buffer) => publish("bytes", ID, buffer)),
      done: pubsub.done,
    });
    const { worker, done } = await start("bare");
    ways.push({
      name: `bare worker, ${moves ? "moved" : "copied"}`,
      send: (buffers) =>
        buffers.forEach((payload) =>
          worker.postMessage({ type: "bytes", id: ID, payload }, moves ? [payload] : [])
        ),
      done,
    });
  }
  return ways;
}

/** Starts a worker. Its own messages tell when it listens, and when it has had a burst or the buffers. */
async function start(mode: BenchWorkerMode): Promise<{ worker: Worker; done: () => Promise<void> }> {
  const worker = new Worker(new URL("./_bench_worker.ts", import.meta.url), { type: "module" });
  let told = (): void => {};
  worker.addEventListener("message", ({ data }) => data === "done" && told());
  const done = (): Promise<void> => new Promise((resolve) => told = resolve);
  const started = done();
  worker.postMessage({ mode, events: BURST.length, buffers: BUFFERS });
  await started;
  return { worker, done };
}

/** A host that its worker has said hello to. */
async function openHost(worker: Worker, moves = false): Promise<EventTarget> {
  return await new Promise((resolve) => {
    const host = createWorkerHostEventTarget(worker, {
      // All that is on its way, twice over.
      maxBufferedBytes: 2 * BUFFERS * BUFFER_BYTES,
      backpressureThreshold: 2 * BUFFERS * BUFFER_BYTES,
      ...(moves ? { transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [] } : {}),
      onConnection: () => resolve(host),
    });
  });
}
