import { describe } from "../../core/describe.ts";

/** An event of a worker, with the members of all its kinds. */
export interface WorkerLikeEvent {
  /** The kind of event. */
  readonly type?: string;
  /** The message, of a `message`. */
  readonly data?: unknown;
  /** The error, of an `error`, where the runtime has it. */
  readonly error?: unknown;
  /** The error's message, of an `error`. */
  readonly message?: string;
  /** Marks an `error` as handled. */
  preventDefault?(): void;
}

/**
 * An object that exchanges messages: a web `Worker`, a `MessagePort`, the scope inside a worker, a `Worker` or the
 * `parentPort` of `node:worker_threads`. It has `addEventListener`, or else `on`.
 */
export interface WorkerLike {
  /** Sends a structured clone of a message, and transfers what is in the list. */
  postMessage(message: unknown, transfer: never[]): void;
  /** Sends a structured clone of a message. */
  postMessage(message: unknown): void;
  /** Adds a listener. */
  addEventListener?(type: string, listener: (event: WorkerLikeEvent) => void): void;
  /** Removes a listener. */
  removeEventListener?(type: string, listener: (event: WorkerLikeEvent) => void): void;
  /** Adds a listener, where there is no `addEventListener`. */
  on?(type: string, listener: (value: unknown) => void): unknown;
  /** Removes a listener, where there is no `removeEventListener`. */
  off?(type: string, listener: (value: unknown) => void): unknown;
  /** Starts to receive messages, where they wait for it. */
  start?(): void;
}

/** Throws a `TypeError` unless a value can post messages and be listened to. */
export function assertWorkerLike(worker: unknown): asserts worker is WorkerLike {
  const { postMessage, addEventListener, on } = (worker ?? {}) as Partial<WorkerLike>;
  if (typeof postMessage === "function" && typeof (addEventListener ?? on) === "function") return;
  const isUrl = typeof worker === "string" || worker instanceof URL;
  const advice = isUrl ? "pass new Worker(url)" : "it lacks `postMessage`, or `addEventListener` and `on`";
  throw new TypeError(`Cannot use ${isUrl ? `"${worker}"` : describe(worker)} as a worker: ${advice}`);
}

/** The part of the global scope that is used. */
interface Scope {
  readonly process?: { getBuiltinModule?(name: string): { parentPort: WorkerLike | null } | undefined };
  readonly WorkerGlobalScope?: unknown;
}

/** Listens to a worker by the method that it has, and returns a function that stops. Emitters' values become events. */
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
 * The connection to the host, from inside a worker: the `parentPort` of `node:worker_threads`, or else the global scope.
 * Throws a `TypeError` outside of a worker.
 */
export function hostScope(): WorkerLike {
  // Cast: each runtime's scope differs. An import of "node:worker_threads" would fail in browsers.
  const scope = globalThis as unknown as Scope & WorkerLike;
  const parentPort = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
  if (parentPort) return parentPort;
  if (scope.WorkerGlobalScope !== undefined) return scope;
  throw new TypeError("Cannot find the host: this is not a worker, or its parentPort must be given");
}
