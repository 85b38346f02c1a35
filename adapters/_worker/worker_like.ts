import { describe } from "../../core/describe.ts";

/** What the events of a worker may tell. */
export interface WorkerLikeEvent {
  /** Which event it is. */
  readonly type?: string;
  /** Of a message. */
  readonly data?: unknown;
  /** Of an error, where the runtime gives it. */
  readonly error?: unknown;
  /** Of an error. */
  readonly message?: string;
  /** Of an error: it has been seen to. */
  preventDefault?(): void;
}

/**
 * Anything that messages are posted to and heard from: a web `Worker`, a `MessagePort`, the scope inside a worker, a
 * `Worker` or the `parentPort` of `node:worker_threads`. It has `addEventListener`, or else `on`.
 */
export interface WorkerLike {
  /** Sends a structured clone of a message, and moves what is in the list. */
  postMessage(message: unknown, transfer: never[]): void;
  /** Sends a structured clone of a message. */
  postMessage(message: unknown): void;
  /** Starts to listen. */
  addEventListener?(type: string, listener: (event: WorkerLikeEvent) => void): void;
  /** Stops to listen. */
  removeEventListener?(type: string, listener: (event: WorkerLikeEvent) => void): void;
  /** Starts to listen, where there is no `addEventListener`. */
  on?(type: string, listener: (value: unknown) => void): unknown;
  /** Stops to listen, where there is no `removeEventListener`. */
  off?(type: string, listener: (value: unknown) => void): unknown;
  /** Lets messages in, where they wait for it. */
  start?(): void;
}

/**
 * Checks what a caller gave as a worker.
 *
 * @param worker Anything.
 * @throws {TypeError} If nothing can be posted to it, or heard from it.
 */
export function assertWorkerLike(worker: unknown): asserts worker is WorkerLike {
  const { postMessage, addEventListener, on } = (worker ?? {}) as Partial<WorkerLike>;
  if (typeof postMessage === "function" && typeof (addEventListener ?? on) === "function") return;
  throw new TypeError(`Cannot use ${describe(worker)} as a worker: it has not the methods of one`);
}

/** What is used of `node:worker_threads`. */
interface WorkerThreads {
  readonly parentPort: WorkerLike | null;
}

/** What is used of the global scope. */
interface Scope {
  readonly process?: { getBuiltinModule?(name: string): WorkerThreads | undefined };
  readonly WorkerGlobalScope?: unknown;
}

/**
 * Listens to a worker, whichever way it has.
 *
 * @param worker The worker.
 * @param type The event.
 * @param listener Called with each; what an emitter gives is the `data`, or the `error` of an error.
 * @returns A function that stops it.
 */
export function onWorkerEvent(
  worker: WorkerLike,
  type: string,
  listener: (event: WorkerLikeEvent) => void,
): () => void {
  if (worker.addEventListener !== undefined) {
    worker.addEventListener(type, listener);
    return () => worker.removeEventListener?.(type, listener);
  }
  const onValue = (value: unknown): void => listener(type === "error" ? { error: value } : { data: value });
  worker.on?.(type, onValue);
  return () => void worker.off?.(type, onValue);
}

/**
 * The way to the host, from inside a worker.
 *
 * @returns The `parentPort` of `node:worker_threads` where this is one of its workers, else the global scope.
 * @throws {TypeError} If this is no worker.
 */
export function hostScope(): WorkerLike {
  // What a scope has depends on the runtime. An import of "node:worker_threads" would fail in browsers.
  const scope = globalThis as unknown as Scope & WorkerLike;
  const parentPort = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
  if (parentPort) return parentPort;
  if (scope.WorkerGlobalScope !== undefined) return scope;
  throw new TypeError("Cannot find the host: this is no worker, or one whose parentPort has to be given");
}
