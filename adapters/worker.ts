/**
 * The event targets of workers: a host with its workers, and the thread inside of one.
 *
 * @module
 */
import { topicOf } from "../core/topic.ts";
import type { EventEnvelope, PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { Hub } from "./_hub/hub.ts";
import type { ConnectionArguments, ConnectionOptions, HubEventTarget, HubOptions } from "./_hub/types.ts";
import { LinkEventTarget, type LinkOptions } from "./_link/link.ts";
import { sessionBounds, type SessionOptions } from "./_session/options.ts";
import type { SpokeEventTarget } from "./_hub/types.ts";
import {
  type CloneBody,
  type CloneFrame,
  createStructuredCloneCodec,
} from "./_worker/structured_clone_codec.ts";
import type { EncodedEnvelope } from "./_wire/codec.ts";
import { assertWorkerLike, hostScope, type WorkerLike } from "./_worker/worker_like.ts";
import { workerWire } from "./_worker/worker_wire.ts";

export type {
  Authorize,
  AuthorizeRequest,
  ConnectionArguments,
  ConnectionOptions,
  HubEventTarget,
  HubOptions,
} from "./_hub/types.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { SpokeEventTarget } from "./_hub/types.ts";
export type { WorkerLike, WorkerLikeEvent } from "./_worker/worker_like.ts";

/** What a frame may take, and what may wait, in bytes: between threads nothing but memory bounds them. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What both ends of a worker can be told. */
export interface TransferOptions {
  /**
   * Names what of an event is moved to the other thread and not copied: the `ArrayBuffer`s of its payload, or
   * `MessagePort`s. What it names is detached when `publish` returns, unless the event was dropped.
   *
   * @default nothing is moved
   */
  readonly transferables?: (envelope: EventEnvelope) => readonly Transferable[];
}

/** Options of {@linkcode createWorkerThreadEventTarget}. `maxFrameBytes` is 16,777,216 by default. */
export interface WorkerThreadOptions extends LinkOptions, TransferOptions {}

/**
 * Options of {@linkcode createWorkerHostEventTarget}. `maxFrameBytes` and `backpressureThreshold` are 16,777,216 by
 * default: a worker that computes for a while reads nothing meanwhile, and is not slow for that.
 */
export interface WorkerHostOptions<TWorker extends WorkerLike = WorkerLike, TContext = unknown>
  extends HubOptions<TWorker, SpokeEventTarget<TypedEvent, TContext>>, TransferOptions {}

/** An event target with many workers. */
export interface WorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TWorker extends WorkerLike = WorkerLike,
  TContext = unknown,
> extends
  PubSubEventTarget<TEvent>,
  Pick<
    HubEventTarget<TWorker, TEvent, SpokeEventTarget<TEvent, TContext>>,
    "connectionCount" | "closingCount" | "topicCount" | "revoke"
  > {
  /**
   * Takes a worker as a spoke. The same worker twice gives the same spoke.
   *
   * @param worker The worker or port, whether its thread has started or not.
   * @param options What the program knows of the worker.
   * @returns The event target of this worker alone.
   * @throws {TypeError} If it is none.
   */
  addWorker(worker: TWorker, ...options: ConnectionArguments<TContext>): SpokeEventTarget<TEvent, TContext>;
  /**
   * Forgets a worker, and leaves it as it is.
   *
   * @param worker The worker.
   * @returns Whether it was one of the host's.
   */
  removeWorker(worker: TWorker): boolean;
}

/** A hub whose connections are workers. */
class WorkerHost<TWorker extends WorkerLike> extends Hub<TWorker, CloneBody, CloneFrame>
  implements WorkerHostEventTarget<TypedEvent, TWorker> {
  addWorker(worker: TWorker, options?: Partial<ConnectionOptions>): SpokeEventTarget {
    return this.addConnection(worker, options);
  }

  removeWorker(worker: TWorker): boolean {
    return this.removeConnection(worker);
  }
}

/**
 * Creates the event target of a host: what is published here goes to the workers that are subscribed to its topic, its
 * type or everything, once each; what is listened to here comes from any of them. Events cross as structured clones.
 *
 * What is published before a worker has started waits for it, up to `maxBufferedBytes`. A worker that fails or exits is
 * let go, which is reported (`connect`); in Deno, its error then does not end the process. Workers and ports are left
 * open when the target is closed: they are the program's to end.
 *
 * @example A pool of workers
 * ```ts ignore
 * import { createPubSub, createWorkerHostEventTarget } from "@alkdev/pubsub";
 *
 * type Events = { "file.hash": { path: string }; "file.hashed": { digest: ArrayBuffer } };
 * const workers = [1, 2].map(() => new Worker(new URL("./hasher.ts", import.meta.url), { type: "module" }));
 * await using eventTarget = createWorkerHostEventTarget(workers);
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * pubsub.publish("file.hash", "job_1", { path: "mod.ts" });
 * for await (const { id, payload } of pubsub.subscribe("file.hashed")) console.log(id, payload.digest);
 * ```
 *
 * @param workers A worker or port, or several; {@linkcode WorkerHostEventTarget.addWorker} takes more.
 * @param options Bounds and callbacks.
 * @returns An event target that leaves the workers running when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If a worker is none.
 */
export function createWorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TWorker extends WorkerLike = WorkerLike,
  TContext = unknown,
>(
  workers: TWorker | readonly TWorker[] = [],
  options: WorkerHostOptions<TWorker, TContext> = {},
): WorkerHostEventTarget<TEvent, TWorker, TContext> {
  const onUnclonable = reportOnce((error, topic) => host.report("encode", error, topic));
  const askAfterBytes = askAfter(options);
  const host = new WorkerHost<TWorker>({
    tag: "WorkerHostEventTarget",
    spokeTag: "WorkerSpokeEventTarget",
    codec: createStructuredCloneCodec(options),
    toWire: (worker) => workerWire(worker, { side: "hub", askAfterBytes, onUnclonable }),
    ownSpokes: true,
    // Which context spokes have, and which events they carry, is a matter of the signatures alone.
  }, { maxFrameBytes: MAX_BYTES, backpressureThreshold: MAX_BYTES, ...options as HubOptions<TWorker> });
  const all = isList(workers) ? workers : [workers];
  // Before one of them is listened to.
  all.forEach(assertWorkerLike);
  for (const worker of all) host.addWorker(worker);
  return host as WorkerHostEventTarget<TEvent, TWorker, TContext>;
}

/**
 * Creates the event target of the thread inside a worker: what is published here goes to the host, and the host sends
 * what is subscribed to here. Events cross as structured clones.
 *
 * What is published before the host listens waits for it, up to `maxBufferedBytes`.
 *
 * @example A worker
 * ```ts ignore
 * import { createPubSub, createWorkerThreadEventTarget } from "@alkdev/pubsub";
 *
 * type Events = { "file.hash": { path: string }; "file.hashed": { digest: ArrayBuffer } };
 * const eventTarget = createWorkerThreadEventTarget();
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * for await (const { id, payload } of pubsub.subscribe("file.hash")) {
 *   const bytes = await Deno.readFile(payload.path);
 *   pubsub.publish("file.hashed", id, { digest: await crypto.subtle.digest("SHA-256", bytes) });
 * }
 * ```
 *
 * @param scope The scope of the worker, its `parentPort`, or any port to a host. Without one, what this thread has.
 * @param options Bounds and callbacks.
 * @returns An event target that leaves the worker running when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If there is no scope to link to.
 */
export function createWorkerThreadEventTarget<TEvent extends TypedEvent = TypedEvent>(
  scope: WorkerLike = hostScope(),
  options: WorkerThreadOptions = {},
): PubSubEventTarget<TEvent> {
  const onUnclonable = reportOnce((error, topic) => link.report("encode", error, topic));
  const link = new LinkEventTarget<CloneBody, CloneFrame>(
    "WorkerThreadEventTarget",
    workerWire(scope, { side: "link", askAfterBytes: askAfter(options), onUnclonable }),
    createStructuredCloneCodec(options),
    { maxFrameBytes: MAX_BYTES, ...options },
  );
  // Which events it carries is a matter of the signature alone.
  return link as PubSubEventTarget<TEvent>;
}

/** What waits is known to an eighth of what may. */
function askAfter(options: SessionOptions): number {
  return sessionBounds(options).maxBufferedBytes / 8;
}

/** Reports an event that cannot be cloned, once for all workers that should have had it. */
function reportOnce(
  report: (error: unknown, topic: string) => void,
): (error: unknown, event: EncodedEnvelope<CloneBody>) => void {
  const reported = new WeakSet<EncodedEnvelope<CloneBody>>();
  return (error, event) => {
    if (reported.has(event)) return;
    reported.add(event);
    report(error, topicOf(event.type, event.id));
  };
}

function isList<T extends WorkerLike>(workers: T | readonly T[]): workers is readonly T[] {
  return Array.isArray(workers);
}
