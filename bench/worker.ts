// What does it cost to send events to a worker, and buffers with and without moving them?
//
// Every row has its worker, and is over when the worker says that it has had all of it.

import { createPubSub, createWorkerHostEventTarget } from "../mod.ts";
import type { BenchWorkerMode } from "./_bench_worker.ts";
import { BURST, type Events, ID, TYPE } from "./_load.ts";

const { gc } = globalThis as { gc?: () => void };

/** How many buffers are on their way at once. */
const BUFFERS = 64;

/** The size of each, in bytes: 1 MiB. */
const BUFFER_BYTES = 1024 * 1024;

const bursts = `bursts of ${BURST.length} to a worker`;
const buffers = `${BUFFERS} buffers of 1 MiB to a worker`;

{
  const { worker, done } = await start("pubsub");
  const { publish } = createPubSub<Events>({ eventTarget: await openHost(worker) });
  Deno.bench({
    name: "@alkdev/pubsub",
    group: bursts,
    baseline: true,
    async fn() {
      for (const status of BURST) publish(TYPE, ID, status);
      await done();
    },
  });
}

{
  const { worker, done } = await start("bare");
  Deno.bench({
    name: "bare worker, one postMessage per event",
    group: bursts,
    async fn() {
      for (const payload of BURST) worker.postMessage({ type: TYPE, id: ID, payload });
      await done();
    },
  });
}

{
  const { worker, done } = await start("bare");
  Deno.bench({
    name: "bare worker, one postMessage per burst",
    group: bursts,
    async fn() {
      worker.postMessage(BURST.map((payload) => ({ type: TYPE, id: ID, payload })));
      await done();
    },
  });
}

for (const way of ["moved", "copied"] as const) {
  const { worker, done } = await start("pubsub");
  const eventTarget = await openHost(worker, way === "moved");
  const { publish } = createPubSub<{ bytes: ArrayBuffer }>({ eventTarget });
  // What is moved is gone: each round has buffers of its own, made outside of what is measured.
  Deno.bench({
    name: way === "moved" ? "@alkdev/pubsub" : "@alkdev/pubsub, copied",
    group: buffers,
    baseline: way === "moved",
    async fn(bench) {
      const made = Array.from({ length: BUFFERS }, () => new ArrayBuffer(BUFFER_BYTES));
      // Else what is measured is when the memory of earlier rounds is freed.
      gc?.();
      bench.start();
      for (const buffer of made) publish("bytes", ID, buffer);
      await done();
      bench.end();
    },
  });
}

for (const way of ["moved", "copied"] as const) {
  const { worker, done } = await start("bare");
  Deno.bench({
    name: `bare worker, ${way}`,
    group: buffers,
    async fn(bench) {
      const made = Array.from({ length: BUFFERS }, () => new ArrayBuffer(BUFFER_BYTES));
      // Else what is measured is when the memory of earlier rounds is freed.
      gc?.();
      bench.start();
      for (const buffer of made) {
        worker.postMessage({ type: "bytes", id: ID, payload: buffer }, way === "moved" ? [buffer] : []);
      }
      await done();
      bench.end();
    },
  });
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
