/** Real workers, and the ends of event targets over them. It runs on Node 20 too, which has no `using`. */
import { Worker as NodeWorker } from "node:worker_threads";
import {
  createWorkerHostEventTarget,
  createWorkerThreadEventTarget,
  type PubSubEventTarget,
  type WorkerHostEventTarget,
  type WorkerHostOptions,
  type WorkerLike,
} from "@alkdev/pubsub";
import type { Ends, Fault } from "./conformance/mod.ts";
import { eventually } from "./eventually.ts";

/** The kinds of connection between a host and a thread. */
export type WorkerKind = "MessagePort" | "Worker" | "node:worker_threads";

/** A value that no runtime can clone. A proxy looks like its target. */
export const UNCLONABLE: readonly unknown[] = [
  () => {},
  Symbol("s"),
  { nested: [() => {}] },
  new WeakMap(),
  new Proxy({ a: 1 }, {}),
];

/** A worker, and how to end it. */
export interface OpenWorker extends AsyncDisposable {
  readonly worker: WorkerLike;
}

/** Starts a worker. */
export function startWorker(kind: "Worker" | "node:worker_threads", file: string): OpenWorker {
  const url = new URL(`programs/${file}`, import.meta.url);
  if (kind === "node:worker_threads") {
    const worker = new NodeWorker(url);
    return {
      worker,
      async [Symbol.asyncDispose]() {
        await worker.terminate();
      },
    };
  }
  const worker = new Worker(url, { type: "module" });
  return {
    worker,
    [Symbol.asyncDispose]() {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** A host, with its reports and callbacks. */
export interface OpenHost extends AsyncDisposable {
  readonly host: WorkerHostEventTarget;
  readonly faults: Fault[];
  readonly log: string[];
}

/** Opens a host over workers. */
export function openHost(workers: readonly WorkerLike[], options: WorkerHostOptions = {}): OpenHost {
  const faults: Fault[] = [];
  const log: string[] = [];
  const host = createWorkerHostEventTarget(workers, {
    onError: (error, context) => void faults.push({ error, context }),
    onConnection: () => void log.push("connection"),
    onDisconnection: () => void log.push("disconnection"),
    onBackpressure: () => void log.push("backpressure"),
    ...options,
  });
  return { host, faults, log, [Symbol.asyncDispose]: () => host.close() };
}

/** The ends of a host and a thread, in either direction. The thread's is in this thread too, behind a relay. */
export async function openWorkerEnds(
  kind: WorkerKind,
  direction: "hub to link" | "link to hub",
): Promise<Ends<PubSubEventTarget>> {
  const { port1, port2 } = new MessageChannel();
  const relay = kind === "MessagePort" ? undefined : startWorker(kind, "relay_worker.mjs");
  // Each runtime has its own type of transferables.
  relay?.worker.postMessage(port1, [port1] as unknown as never[]);
  const { host, faults } = openHost([relay?.worker ?? port1]);
  const link = createWorkerThreadEventTarget(port2, {
    onError: (error, context) => void faults.push({ error, context }),
  });
  await link.flush();
  await eventually(() => host.connectionCount === 1);
  const [near, far] = direction === "hub to link" ? [host, link] : [link, host];
  return {
    near,
    far,
    faults,
    async settle() {
      await link.flush();
      await host.flush();
    },
    async [Symbol.asyncDispose]() {
      await link.close();
      await host.close();
      if (relay === undefined) port1.close();
      else await relay[Symbol.asyncDispose]();
      port2.close();
    },
  };
}
