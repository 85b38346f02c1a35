/**
 * The event targets of workers: a host with its workers, and the thread inside of one.
 *
 * @module
 */
import { DEFAULT_MAX_BUFFERED_BYTES } from "../core/arguments.ts";
import { topicOf } from "../core/topic.ts";
import type { TypedEvent } from "../core/types.ts";
import { Hub } from "./_hub/hub.ts";
import type {
  Authenticated,
  ConnectionArguments,
  HubEventTarget,
  HubOptions,
  SpokeEventTarget,
} from "./_hub/types.ts";
import { openLink } from "./_link/create_link.ts";
import type { ConnectOptions, LinkEventTarget, OpenConnection } from "./_link/options.ts";
import { sessionBounds, type SessionOptions } from "./_session/options.ts";
import type { EncodedEnvelope, Transport } from "./_wire/codec.ts";
import { createStructuredCloneCodec, type TransferOptions } from "./_worker/structured_clone_codec.ts";
import { assertWorkerLike, hostScope, type WorkerLike } from "./_worker/worker_like.ts";
import { WorkerWire } from "./_worker/worker_wire.ts";

export type * from "./_hub/types.ts";
export type * from "./_link/options.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { TransferOptions } from "./_worker/structured_clone_codec.ts";
export type { WorkerLike, WorkerLikeEvent } from "./_worker/worker_like.ts";

/** The default of every bound in bytes: between threads only memory bounds them. */
const MAX_BYTES = DEFAULT_MAX_BUFFERED_BYTES;

/** Options of {@linkcode createWorkerThreadEventTarget}. `maxFrameBytes` is 16,777,216 by default. */
export interface WorkerThreadOptions extends ConnectOptions, TransferOptions {
  /**
   * How long a connection can take, in milliseconds, until the host listens and has answered, and `onOpen` has resolved.
   * After that it has failed, which is reported (`connect`).
   *
   * @default 20_000 with a function, no limit with a scope or port
   */
  readonly connectTimeoutMs?: number;
}

/**
 * Options of {@linkcode createWorkerHostEventTarget}. `maxFrameBytes` and `backpressureThreshold` are 16,777,216 by
 * default: a worker that computes reads nothing for a while, which does not make it a slow reader.
 */
export interface WorkerHostOptions<TWorker extends WorkerLike = WorkerLike, TContext = unknown>
  extends HubOptions<TWorker, SpokeEventTarget<TypedEvent, TContext>>, TransferOptions {}

/** An event target with many workers. */
export interface WorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TWorker extends WorkerLike = WorkerLike,
  TContext = unknown,
  TGiven = TContext,
> extends
  Omit<
    HubEventTarget<TWorker, TEvent, SpokeEventTarget<TEvent, TContext>>,
    "addConnection" | "removeConnection"
  > {
  /**
   * Adds a worker as a spoke. The same worker twice gives the same spoke.
   *
   * @param worker The worker or port, whether its thread has started or not.
   * @param options The context of the worker.
   * @returns The event target of this worker alone.
   * @throws {TypeError} If `worker` is not a worker or port.
   */
  addWorker(worker: TWorker, ...options: ConnectionArguments<TGiven>): SpokeEventTarget<TEvent, TContext>;
  /**
   * Removes a worker, and leaves it running.
   *
   * @param worker The worker.
   * @returns Whether it was one of the host's.
   */
  removeWorker(worker: TWorker): boolean;
}

/**
 * Creates the event target of a host that learns from the first hello of a worker who that is: `addWorker` needs no
 * context.
 *
 * @typeParam TContext The context that `authenticate` returns.
 * @param workers A worker or port, or several.
 * @param options Bounds and callbacks.
 * @returns An event target that leaves the workers running when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If one of `workers` is not a worker or port, an option has a wrong type, or `history` is given together
 * with `upstream`.
 */
export function createWorkerHostEventTarget<TContext>(
  workers: WorkerLike | readonly WorkerLike[] | undefined,
  options: Authenticated<WorkerHostOptions<WorkerLike, TContext>, TContext>,
): WorkerHostEventTarget<TypedEvent, WorkerLike, TContext, unknown>;
/**
 * Creates the event target of a host. Events that are published here go to the workers that are subscribed to the topic,
 * to the type or to everything, once to each. Listeners here receive the events of all workers. Events cross as
 * structured clones.
 *
 * Events that are published before a worker has started wait for it, up to `maxBufferedBytes`. A worker that fails or
 * exits is removed, which is reported (`connect`); in Deno, its error does not end the process. Closing the event target
 * leaves workers and ports open: your program must end them.
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
 * @throws {TypeError} If one of `workers` is not a worker or port, an option has a wrong type, or `history` is given together
 * with `upstream`.
 */
export function createWorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TWorker extends WorkerLike = WorkerLike,
  TContext = unknown,
>(
  workers?: TWorker | readonly TWorker[],
  options?: WorkerHostOptions<TWorker, TContext>,
): WorkerHostEventTarget<TEvent, TWorker, TContext>;
/**
 * Creates the event target of a host whose workers have a `context` of a known type:
 * `createWorkerHostEventTarget<Job>()`. `addWorker` is given the context of each worker.
 *
 * @typeParam TContext The context of a worker.
 * @param workers A worker or port, or several, without a context.
 * @param options Bounds and callbacks.
 * @returns An event target that leaves the workers running when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If one of `workers` is not a worker or port, an option has a wrong type, or `history` is given together
 * with `upstream`.
 */
export function createWorkerHostEventTarget<TContext>(
  workers?: WorkerLike | readonly WorkerLike[],
  options?: WorkerHostOptions<WorkerLike, TContext>,
): WorkerHostEventTarget<TypedEvent, WorkerLike, TContext>;
export function createWorkerHostEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TWorker extends WorkerLike = WorkerLike,
  TContext = unknown,
>(
  workers: TWorker | readonly TWorker[] = [],
  options: WorkerHostOptions<TWorker, TContext> = {},
): WorkerHostEventTarget<TEvent, TWorker, TContext> {
  const { maxFrameBytes = MAX_BYTES, backpressureThreshold = MAX_BYTES } = options;
  const host = new Hub<TWorker>({
    ...workerTransport("hub", options, (...fault) => host.report("encode", ...fault)),
    tag: "WorkerHostEventTarget",
    spokeTag: "WorkerSpokeEventTarget",
    exclusive: true,
    // Casts: the types of contexts and of events exist only in the signature.
  }, { ...options as HubOptions<TWorker>, maxFrameBytes, backpressureThreshold });
  const all = isList(workers) ? workers : [workers];
  // Before any of them is listened to.
  all.forEach(assertWorkerLike);
  for (const worker of all) host.addConnection(worker);
  const eventTarget: unknown = Object.assign(host, {
    addWorker: host.addConnection.bind(host),
    removeWorker: host.removeConnection.bind(host),
  });
  return eventTarget as WorkerHostEventTarget<TEvent, TWorker, TContext>;
}

/**
 * Creates the event target of the thread inside a worker. Published events go to the host, and the host sends the events
 * that are subscribed to here. Events cross as structured clones.
 *
 * Events that are published before the host listens wait for it, up to `maxBufferedBytes`.
 *
 * Given a function, the event target connects with it, and again whenever the connection ends or the host gives no sign
 * of life, after a random delay. Subscriptions continue, as with `createWebSocketClientEventTarget`. Ports stay open: your
 * program closes them.
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
 * @example A tab that shares a worker, and comes back after it was frozen
 * ```ts ignore
 * import { createWorkerThreadEventTarget } from "@alkdev/pubsub";
 *
 * const eventTarget = createWorkerThreadEventTarget(() => new SharedWorker("hub.js", { type: "module" }).port);
 * ```
 *
 * @param scope The scope of the worker, its `parentPort`, or any port to a host; by default the one of this thread. Or a
 * function that returns one, called for each attempt.
 * @param options Bounds and callbacks.
 * @returns An event target that leaves the worker running when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If there is no host: this is not a worker. Also if an option has a wrong type.
 */
export function createWorkerThreadEventTarget<TEvent extends TypedEvent = TypedEvent>(
  scope: WorkerLike | OpenConnection<WorkerLike> = hostScope(),
  options: WorkerThreadOptions = {},
): LinkEventTarget<TEvent> {
  // A host may add its worker late.
  const { connectTimeoutMs = typeof scope === "function" ? 20_000 : Infinity, maxFrameBytes = MAX_BYTES } =
    options;
  const transport = workerTransport("link", options, (...fault) => link.report("encode", ...fault));
  const name = "WorkerThreadEventTarget";
  const link = openLink(transport, scope, { ...options, connectTimeoutMs, maxFrameBytes, name });
  return link;
}

/** How workers carry events. */
function workerTransport(
  side: "hub" | "link",
  options: SessionOptions & TransferOptions,
  report: (error: unknown, topic: string) => void,
): Transport<WorkerLike> {
  // The bytes that wait are counted to an eighth of those that can.
  const askAfterBytes = sessionBounds(options).maxBufferedBytes / 8;
  const onUnclonable = (error: unknown, { type, id }: EncodedEnvelope): void =>
    report(error, topicOf(type, id));
  return {
    codec: createStructuredCloneCodec(options),
    toWire: (worker) => new WorkerWire(worker, { side, askAfterBytes, onUnclonable }),
  };
}

function isList<T extends WorkerLike>(workers: T | readonly T[]): workers is readonly T[] {
  return Array.isArray(workers);
}
