// What does it cost to send events to a worker, and buffers with and without moving them?
//
// `deno run -A --v8-flags=--expose-gc bench/worker.ts`. It does not use `Deno.bench`, which cannot take turns. Every
// way has its own worker, and ends when the worker reports that everything has arrived. The rows are medians.

import { createPubSub, createWorkerHostEventTarget } from "../mod.ts";
import type { BenchWorkerMode } from "./_bench_worker.ts";
import { BURST, type Events, ID, TYPE } from "./_load.ts";
import { takeTurns, type Turns } from "./_turns.ts";

const { gc } = globalThis as { gc?: () => void };

/** The number of buffers that are sent at once. */
const BUFFERS = 64;

/** The size of each, in bytes: 1 MiB. */
const BUFFER_BYTES = 1024 * 1024;

/** The turns with small buffers before those: V8 compiles a path, in each thread, once it has run some thousand times. */
const SMALL_TURNS = 500;
const SMALL_BYTES = 1024;

/** Sends a load each way, by name. Resolves once the worker has received it. */
type Ways = Record<string, () => Promise<void>>;

/** The buffers of the next turn. Each way has its own, since moved buffers are gone. */
let buffers: readonly ArrayBuffer[] = [];

const rows: Record<string, number> = {};
await measure(`bursts of ${BURST.length} to a worker`, await burstWays(), { rounds: 1000, warmUpRounds: 10 });
const waysOfBuffers = await bufferWays();
for (let turn = 0; turn < SMALL_TURNS; turn++) {
  for (const send of Object.values(waysOfBuffers)) {
    buffers = newBuffers(SMALL_BYTES);
    await send();
  }
}
await measure(`${BUFFERS} buffers of 1 MiB to a worker`, waysOfBuffers, {
  rounds: 60,
  warmUpRounds: 10,
  prepare() {
    buffers = newBuffers(BUFFER_BYTES);
    // Otherwise the rows would depend on when the memory of earlier rounds is freed.
    gc?.();
  },
});
console.log(JSON.stringify({ rows }));
Deno.exit();

function newBuffers(bytes: number): ArrayBuffer[] {
  return Array.from({ length: BUFFERS }, (_, i) => new Uint8Array(bytes).fill(i).buffer);
}

async function measure(group: string, ways: Ways, turns: Turns): Promise<void> {
  for (const [name, { time }] of await takeTurns(ways, turns)) rows[`${group}: ${name}`] = time;
}

async function burstWays(): Promise<Ways> {
  const pubsub = await start("pubsub");
  const { publish } = createPubSub<Events>({ eventTarget: await openHost(pubsub.worker) });
  const [events, bursts] = [await start("bare"), await start("bare")];
  return {
    "@alkdev/pubsub"() {
      for (const status of BURST) publish(TYPE, ID, status);
      return pubsub.done();
    },
    "bare worker, one postMessage per event"() {
      for (const payload of BURST) events.worker.postMessage({ type: TYPE, id: ID, payload });
      return events.done();
    },
    "bare worker, one postMessage per burst"() {
      bursts.worker.postMessage(BURST.map((payload) => ({ type: TYPE, id: ID, payload })));
      return bursts.done();
    },
  };
}

async function bufferWays(): Promise<Ways> {
  const ways: Ways = {};
  for (const moves of [true, false]) {
    const pubsub = await start("pubsub");
    const eventTarget = await openHost(pubsub.worker, moves);
    const { publish } = createPubSub<{ bytes: ArrayBuffer }>({ eventTarget });
    ways[moves ? "@alkdev/pubsub" : "@alkdev/pubsub, copied"] = () => {
      for (const buffer of buffers) publish("bytes", ID, buffer);
      return pubsub.done();
    };
    const { worker, done } = await start("bare");
    ways[`bare worker, ${moves ? "moved" : "copied"}`] = () => {
      for (const payload of buffers) {
        worker.postMessage({ type: "bytes", id: ID, payload }, moves ? [payload] : []);
      }
      return done();
    };
  }
  return ways;
}

/** Starts a worker. Its messages report when it listens, and when it has received a burst or the buffers. */
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

/** A host whose worker is connected. */
async function openHost(worker: Worker, moves = false): Promise<EventTarget> {
  return await new Promise((resolve) => {
    const host = createWorkerHostEventTarget(worker, {
      // Twice as much as is sent at once.
      maxBufferedBytes: 2 * BUFFERS * BUFFER_BYTES,
      backpressureThreshold: 2 * BUFFERS * BUFFER_BYTES,
      ...(moves ? { transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [] } : {}),
      onConnection: () => resolve(host),
    });
  });
}
