import { ignore } from "./ignore.ts";
import { onAbort } from "./abort.ts";
import { SubscriptionOverflowError } from "./errors.ts";
import { domException } from "./platform.ts";
import { overflowError } from "./repeater.ts";
import { Queue } from "./queue.ts";
import { boundsOf, type OverflowPolicy, type SubscribeOptions } from "./subscribe_options.ts";
import { assertSubscribable, type Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/**
 * Ends subscriptions whose public iterator has been garbage-collected, where the platform can tell. One that has ended is
 * unregistered: otherwise the platform keeps its state until then.
 */
export const abandoned = globalThis.FinalizationRegistry &&
  new FinalizationRegistry<{ abandon(): void }>((state) => state.abandon());

/** The subscriptions and callbacks of one `PubSub`, and how many events all its subscriptions have dropped. */
export interface OpenListeners extends Set<EnvelopeListener> {
  dropped?: number;
}

/** The most calls of `next()` that can be pending, as for any `Repeater`. */
const MAX_PENDING = 1024;

/** A pending `next()`. */
export interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The state of a subscription, which the event target holds. It never refers to the public iterator, so that the iterator
 * can be garbage-collected, which ends the subscription. A pending `next()` keeps its reader alive.
 */
export class SubscriptionState<T extends EventEnvelope> implements EnvelopeListener {
  dropped = 0;
  protected readonly capacity: number;
  readonly #overflow: OverflowPolicy;
  #buffer: Queue<T> | undefined;
  /** The calls of `next()` that wait for an event, once there were any. */
  #waiting: Queue<Waiting<T>> | undefined;
  readonly #open: OpenListeners;
  #stop: () => void = ignore;
  #forgetSignal: () => void = ignore;
  /** The topic, once it has started. */
  type = "";
  id: string | undefined;
  finished = false;
  /** Whether the public iterator was garbage-collected. */
  #abandoned = false;
  #error: Error | undefined;
  /** Once settled without an error: `ready`, or `undefined` after an end. */
  readiness: "pending" | "ready" | Error | undefined = "pending";
  #ready: Promise<void> | undefined;
  #settleReady: () => void = ignore;

  constructor(options: SubscribeOptions, open: OpenListeners) {
    const { capacity, overflow } = boundsOf(options);
    this.capacity = capacity;
    this.#overflow = overflow;
    this.#open = open;
  }

  /** Events that nobody has waited for. */
  get buffer(): Queue<T> {
    return this.#buffer ??= new Queue();
  }

  /** Listens. With a history, `subscription` gets further properties. */
  start(
    target: Pick<PubSubEventTarget, "listen">,
    { type, id }: Topic,
    signal: AbortSignal | undefined,
    _subscription?: object,
  ): void {
    assertSubscribable({ type, id });
    this.type = type;
    this.id = id;
    if (signal?.aborted) return this.discard();
    const stop = target.listen(type, id, this);
    // The target may have ended the subscription in listen().
    if (this.finished) return stop();
    this.#stop = stop;
    this.#open.add(this);
    if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.discard());
  }

  onEvent(envelope: EventEnvelope): void {
    this.push(envelope, this.buffer, this.capacity);
  }

  /** Gives an event to the reader, or puts it into a buffer. */
  protected push(envelope: EventEnvelope, buffer: Queue<T>, capacity: number): void {
    // The target delivers only envelopes of the topic, whose type is in the event map.
    const event = envelope as T;
    const waiting = this.#waiting?.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value: event, done: false });
      if (this.#abandoned) this.abandon();
      return;
    }
    if (buffer.size >= capacity) {
      this.dropped++;
      this.#open.dropped = (this.#open.dropped ?? 0) + 1;
      if (this.#overflow === "error") return this.onEnd(new SubscriptionOverflowError(capacity));
      if (this.#overflow === "drop-newest") return;
      buffer.shift();
    }
    buffer.push(event);
  }

  onReady(): void {
    this.#setReadiness("ready");
    if (this.#abandoned) this.abandon();
  }

  onEnd(error: Error | undefined): void {
    if (this.finished) return;
    this.finished = true;
    this.#error = error;
    this.#stop();
    this.#stop = ignore;
    this.#setReadiness(error);
    // A next() is pending only if the buffer is empty.
    for (let waiting; (waiting = this.#waiting?.shift()) !== undefined;) this.#settle(waiting);
    this.#open.delete(this);
    abandoned?.unregister(this);
  }

  /** Ends the subscription as soon as no `next()` and no `ready` is pending: nobody can ask again. */
  abandon(): void {
    this.#abandoned = true;
    const readyAwaited = this.#ready !== undefined && this.readiness === "pending";
    if (!this.isAwaited && !readyAwaited) this.discard();
  }

  /** Ends the subscription at once, and discards buffered events. */
  discard(): void {
    this.onEnd(undefined);
    this.#buffer = undefined;
    this.#error = undefined;
    this.#forgetSignal();
  }

  /** Takes an event that is buffered. */
  take(): T | undefined {
    return this.#buffer?.shift();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const event = this.#buffer?.shift();
    // No envelope is undefined: the buffer is empty.
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    return new Promise((resolve, reject) => {
      if (this.finished) return this.#settle({ resolve, reject });
      const waiting = this.#waiting ??= new Queue();
      if (waiting.size >= MAX_PENDING) {
        return reject(overflowError(`Cannot have more than ${MAX_PENDING} pending calls of next()`));
      }
      waiting.push({ resolve, reject });
    });
  }

  /** How it stands beside that, for the console. */
  facts?(): object;

  /** Whether a `next()` is pending. */
  protected get isAwaited(): boolean {
    return (this.#waiting?.size ?? 0) > 0;
  }

  get ready(): Promise<void> {
    return this.#ready ??= this.#createReady();
  }

  /** The first call gets the error, later ones `done`. */
  #settle({ resolve, reject }: Waiting<T>): void {
    const error = this.#error;
    this.#forgetSignal();
    if (error === undefined) return resolve({ value: undefined, done: true });
    this.#error = undefined;
    reject(error);
  }

  #setReadiness(readiness: "ready" | Error | undefined): void {
    if (this.readiness !== "pending") return;
    this.readiness = readiness;
    this.#settleReady();
  }

  #createReady(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#settleReady = () =>
        this.readiness === "ready" ? resolve() : reject(
          this.readiness ?? domException("The subscription ended before it was acknowledged", "AbortError"),
        );
      if (this.readiness !== "pending") this.#settleReady();
    });
    // The iterator rejects with the same error, so an ignored rejection is not unhandled.
    ready.catch(ignore);
    return ready;
  }
}
