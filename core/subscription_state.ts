import { ListenerRecord } from "./listener_list.ts";
import { ignore } from "./ignore.ts";
import { onAbort } from "./abort.ts";
import { SubscriptionOverflowError } from "./errors.ts";
import { domException } from "./platform.ts";
import { overflowError } from "./repeater.ts";
import { Queue } from "./queue.ts";
import { type Bounds, boundsOf, type SubscribeOptions } from "./subscribe_options.ts";
import { assertSubscribable, type Topic, topicOf } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/**
 * Ends subscriptions whose public iterator has been garbage-collected, where the platform can tell. One that has ended is
 * unregistered, unless a signal can discard what it has buffered: otherwise the platform keeps its state until then.
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

/** The members that few subscriptions have. Together they take less memory where there are none. */
interface Extras {
  /** Removes the listener, where the target did not make the state its own registration. */
  stop?: (() => void) | undefined;
  forgetSignal?: () => void;
  /** The error of the next call of `next()`. */
  error?: Error | undefined;
  ready?: Promise<void>;
  settleReady?: () => void;
  /** Whether the public iterator was garbage-collected. */
  abandoned?: boolean;
  dropped?: number;
}

const NO_TOPIC: Topic = { type: "", id: undefined };

/** Of every subscription that has none. */
const NO_EXTRAS: Readonly<Extras> = {};

/**
 * The state of a subscription, which the event target holds. It never refers to the public iterator, so that the iterator
 * can be garbage-collected, which ends the subscription. A pending `next()` keeps its reader alive.
 */
export class SubscriptionState<T extends EventEnvelope> extends ListenerRecord implements EnvelopeListener {
  readonly #bounds: Bounds;
  #buffer: Queue<T> | undefined;
  /** The calls of `next()` that wait for an event, once there were any. */
  #waiting: Queue<Waiting<T>> | undefined;
  readonly #open: OpenListeners;
  #topic: Topic = NO_TOPIC;
  #finished = false;
  /** Once settled without an error: `ready`, or `undefined` after an end. */
  #readiness: "pending" | "ready" | Error | undefined = "pending";
  #extras: Extras = NO_EXTRAS;

  constructor(options: SubscribeOptions, open: OpenListeners) {
    super();
    this.#bounds = boundsOf(options);
    this.#open = open;
  }

  get dropped(): number {
    return this.#extras.dropped ?? 0;
  }

  protected get capacity(): number {
    return this.#bounds.capacity;
  }

  /** Events that nobody has waited for. */
  protected get buffer(): Queue<T> {
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
    this.#topic = { type, id };
    if (signal?.aborted) return this.discard();
    const stop = target.listen(type, id, this);
    // The target may have ended the subscription in listen().
    if (this.#finished) return stop();
    // The list has the same topic, and is kept anyway.
    const owner: object | undefined = this.table?.owner;
    if (this.list !== undefined && owner === target) this.#topic = this.list;
    else this.#own.stop = stop;
    this.#open.add(this);
    if (signal !== undefined) this.#own.forgetSignal = onAbort(signal, () => this.discard());
  }

  onEvent(envelope: EventEnvelope): void {
    this.push(envelope, this.buffer, this.#bounds.capacity);
  }

  /** Gives an event to the reader, or puts it into a buffer. */
  protected push(envelope: EventEnvelope, buffer: Queue<T>, capacity: number): void {
    // The target delivers only envelopes of the topic, whose type is in the event map.
    const event = envelope as T;
    if (buffer.size < capacity && !this.isAwaited) buffer.push(event);
    else this.#giveOrDrop(event, buffer, capacity);
  }

  /** The rest of {@linkcode push}, apart from what V8 is to inline: a `next()` is pending, or the buffer is full. */
  #giveOrDrop(event: T, buffer: Queue<T>, capacity: number): void {
    const waiting = this.#waiting?.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value: event, done: false });
      return this.#extras.abandoned ? this.abandon() : undefined;
    }
    this.#own.dropped = this.dropped + 1;
    this.#open.dropped = (this.#open.dropped ?? 0) + 1;
    const { overflow } = this.#bounds;
    if (overflow === "error") return this.onEnd(new SubscriptionOverflowError(capacity));
    if (overflow === "drop-newest") return;
    buffer.shift();
    buffer.push(event);
  }

  onReady(): void {
    this.#setReadiness("ready");
    if (this.#extras.abandoned) this.abandon();
  }

  onEnd(error: Error | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    if (error !== undefined) this.#own.error = error;
    this.#unlisten();
    this.#setReadiness(error);
    // A next() is pending only if the buffer is empty.
    for (let waiting; (waiting = this.#waiting?.shift()) !== undefined;) this.#settle(waiting);
    this.#open.delete(this);
    // A signal keeps the state of one that is never read again.
    if (this.#extras.forgetSignal === undefined) abandoned?.unregister(this);
  }

  /** Keeps nothing of the target. */
  #unlisten(): void {
    this.table?.remove(this);
    this.table = undefined;
    const { stop } = this.#extras;
    if (stop === undefined) return;
    this.#extras.stop = undefined;
    stop();
  }

  /** Ends the subscription as soon as no `next()` and no `ready` is pending: nobody can ask again. */
  abandon(): void {
    this.#own.abandoned = true;
    const readyAwaited = this.#extras.ready !== undefined && this.#readiness === "pending";
    if (!this.#waiting?.size && !readyAwaited) this.discard();
  }

  /** Ends the subscription at once, and discards buffered events. */
  discard(): void {
    this.onEnd(undefined);
    this.#buffer = undefined;
    if (this.#extras !== NO_EXTRAS) this.#extras.error = undefined;
    this.#extras.forgetSignal?.();
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
      if (this.#finished) return this.#settle({ resolve, reject });
      const waiting = this.#waiting ??= new Queue();
      if (waiting.size >= MAX_PENDING) {
        return reject(overflowError(`Cannot have more than ${MAX_PENDING} pending calls of next()`));
      }
      waiting.push({ resolve, reject });
    });
  }

  /** Whether a `next()` is pending. */
  protected get isAwaited(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0;
  }

  /** How the subscription stands, for the console. */
  get facts(): object {
    return {
      topic: topicOf(this.#topic.type, this.#topic.id),
      ready: this.#readiness === "ready",
      ended: this.#finished,
      buffered: this.#buffer?.size ?? 0,
      dropped: this.dropped,
    };
  }

  get ready(): Promise<void> {
    return this.#own.ready ??= this.#createReady();
  }

  /** The first call gets the error, later ones `done`. */
  #settle({ resolve, reject }: Waiting<T>): void {
    const { error, forgetSignal } = this.#extras;
    forgetSignal?.();
    if (error === undefined) return resolve({ value: undefined, done: true });
    this.#extras.error = undefined;
    reject(error);
  }

  #setReadiness(readiness: "ready" | Error | undefined): void {
    if (this.#readiness !== "pending") return;
    this.#readiness = readiness;
    this.#extras.settleReady?.();
  }

  /** The extras of this subscription alone. */
  get #own(): Extras {
    return this.#extras === NO_EXTRAS ? this.#extras = {} : this.#extras;
  }

  #createReady(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      const settleReady = () =>
        this.#readiness === "ready" ? resolve() : reject(
          this.#readiness ?? domException("The subscription ended before it was acknowledged", "AbortError"),
        );
      if (this.#readiness === "pending") this.#own.settleReady = settleReady;
      else settleReady();
    });
    // The iterator rejects with the same error, so an ignored rejection is not unhandled.
    ready.catch(ignore);
    return ready;
  }
}
