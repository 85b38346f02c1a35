import { MAX_QUEUE_LENGTH, RepeaterOverflowError } from "@repeaterjs/repeater";
import { onAbort } from "./abort.ts";
import { assertSignal } from "./arguments.ts";
import { describe } from "./describe.ts";
import { SubscriptionOverflowError } from "./errors.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { assertSubscribable, type Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/** How many events a subscription buffers unless told otherwise. */
export const DEFAULT_CAPACITY = 16_384;

/** What happens to an event that arrives at a full subscription. */
export type OverflowPolicy = "error" | "drop-oldest" | "drop-newest";

const OVERFLOW_POLICIES: readonly string[] = [
  "error",
  "drop-oldest",
  "drop-newest",
] satisfies OverflowPolicy[];

/** Options of a subscription. */
export interface SubscribeOptions {
  /**
   * How many events wait for the reader at the most.
   *
   * @default 16_384
   */
  readonly capacity?: number;
  /**
   * What happens to an event that arrives when `capacity` wait: `error` ends the iteration with a
   * {@linkcode SubscriptionOverflowError} after those that wait; the others drop an event and count it.
   *
   * @default "error"
   */
  readonly overflow?: OverflowPolicy;
  /** Ends the subscription quietly once it aborts; what waits then is forgotten. */
  readonly signal?: AbortSignal;
}

const idle = (): void => {};

/** A `next()` that waits for an event. */
interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * All that happens to a subscription. The event target holds it; it never refers to the public iterator, so that the
 * latter can be collected, which ends this. A reader that waits is held by its `next()` in here.
 */
export class SubscriptionState<T extends EventEnvelope> implements EnvelopeListener {
  dropped = 0;
  readonly #capacity: number;
  readonly #overflow: OverflowPolicy;
  readonly #buffer = new RingBuffer<T>();
  readonly #waiting = new RingBuffer<Waiting<T>>();
  readonly #open: Set<EnvelopeListener>;
  #stop: () => void = idle;
  #forgetSignal: () => void = idle;
  #finished = false;
  /** The public iterator was collected. */
  #abandoned = false;
  #error: Error | undefined;
  #readiness: "pending" | "ready" | Error = "pending";
  #ready: Promise<void> | undefined;
  #settleReady: () => void = idle;

  constructor(options: SubscribeOptions, open: Set<EnvelopeListener>) {
    const { capacity = DEFAULT_CAPACITY, overflow = "error", signal } = options;
    assertSignal(signal);
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot buffer ${describe(capacity)} events: the capacity is a whole number from 1`,
      );
    }
    if (!OVERFLOW_POLICIES.includes(overflow)) {
      throw new TypeError(
        `Cannot overflow by ${describe(overflow)}: it is one of ${OVERFLOW_POLICIES.join(", ")}`,
      );
    }
    this.#capacity = capacity;
    this.#overflow = overflow;
    this.#open = open;
  }

  start(target: PubSubEventTarget, { type, id }: Topic, signal: AbortSignal | undefined): void {
    assertSubscribable({ type, id });
    if (signal?.aborted) return this.discard();
    const stop = target.listen(type, id, this);
    // The target may have ended it at once.
    if (this.#finished) return stop();
    this.#stop = stop;
    this.#open.add(this);
    if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.discard());
  }

  onEvent(envelope: EventEnvelope): void {
    // A target delivers only envelopes of the topic, and the event map gives their type.
    const event = envelope as T;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value: event, done: false });
      if (this.#abandoned) this.abandon();
      return;
    }
    if (this.#buffer.size === this.#capacity) {
      this.dropped++;
      if (this.#overflow === "error") return this.onEnd(new SubscriptionOverflowError(this.#capacity));
      if (this.#overflow === "drop-newest") return;
      this.#buffer.shift();
    }
    this.#buffer.push(event);
  }

  onReady(): void {
    this.#setReadiness("ready");
    if (this.#abandoned) this.abandon();
  }

  onEnd(error: Error | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = error;
    this.#stop();
    this.#stop = idle;
    this.#setReadiness(
      error ?? new DOMException("The subscription ended before it was acknowledged", "AbortError"),
    );
    // Whoever waits, waits because nothing is buffered: the end is theirs.
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift()) {
      this.#settle(waiting);
    }
    this.#open.delete(this);
  }

  /** Ends it once nobody waits for it any more: there is no one left who could ask again. */
  abandon(): void {
    this.#abandoned = true;
    const readyAwaited = this.#ready !== undefined && this.#readiness === "pending";
    if (this.#waiting.size === 0 && !readyAwaited) this.discard();
  }

  /** Ends it at once and forgets what is buffered. */
  discard(): void {
    this.onEnd(undefined);
    this.#buffer.clear();
    this.#error = undefined;
    this.#forgetSignal();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const event = this.#buffer.shift();
    // No envelope is undefined, so that this tells an empty buffer.
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    return new Promise((resolve, reject) => {
      if (this.#finished) return this.#settle({ resolve, reject });
      if (this.#waiting.size >= MAX_QUEUE_LENGTH) {
        return reject(
          new RepeaterOverflowError(`Cannot wait for more than ${MAX_QUEUE_LENGTH} events at once`),
        );
      }
      this.#waiting.push({ resolve, reject });
    });
  }

  get ready(): Promise<void> {
    return this.#ready ??= this.#createReady();
  }

  /** The error is told once; afterwards the iteration is simply over. */
  #settle({ resolve, reject }: Waiting<T>): void {
    const error = this.#error;
    this.#forgetSignal();
    if (error === undefined) return resolve({ value: undefined, done: true });
    this.#error = undefined;
    reject(error);
  }

  #setReadiness(readiness: "ready" | Error): void {
    if (this.#readiness !== "pending") return;
    this.#readiness = readiness;
    this.#settleReady();
  }

  #createReady(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#settleReady = () => this.#readiness === "ready" ? resolve() : reject(this.#readiness);
      if (this.#readiness !== "pending") this.#settleReady();
    });
    // It may be that nobody looks; the iterator tells the same error to its reader.
    ready.catch(idle);
    return ready;
  }
}
