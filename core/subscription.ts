import { type Buffered, TAKE } from "./buffered.ts";
import { showOnConsole } from "./console.ts";
import { pastOf } from "./history_of.ts";
import type { Position } from "./history_source.ts";
import { inheritRepeater } from "./repeater.ts";
import type { SubscribeOptions } from "./subscribe_options.ts";
import { abandoned, SubscriptionState } from "./subscription_state.ts";
import type { Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/**
 * The events of a topic as an async iterator for one reader. It is active from its creation on.
 *
 * It is a `Repeater` of `@repeaterjs/repeater`, by type and by `instanceof`, so that functions such as `Repeater.race`
 * accept it. In a bundle for pages, it is one by type only.
 *
 * `break`, `return()`, `throw()`, `await using` and the `signal` option end it at once, and discard buffered events. A
 * subscription that is unreachable and has no pending `next()` ends when it is garbage-collected.
 */
export interface Subscription<T> extends AsyncGenerator<T, undefined, undefined> {
  /** Resolves with the next event, or `done` after a normal end. After any other end it rejects once, then is `done`. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription and every pending `next()`. */
  return(value?: PromiseLike<undefined> | undefined): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription and every pending `next()`, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<T, undefined>>;
  /** The subscription itself: there is one reader. */
  [Symbol.asyncIterator](): this;
  /** Ends the subscription; called by `await using`. Typed for a `Repeater` and for an `AsyncDisposable`. */
  [Symbol.asyncDispose]: { (): Promise<IteratorResult<T, undefined>>; (): Promise<void> };
  /** Ends the subscription; called by `using`. */
  [Symbol.dispose]: () => void;
  /**
   * Resolves when the far end has acknowledged the subscription: events that are published there from then on arrive.
   * Rejects if the subscription is refused, or ends before. An ignored rejection is not an unhandled rejection.
   */
  readonly ready: Promise<void>;
  /** The number of events that were dropped because the buffer was full. */
  readonly dropped: number;
  /** The number of times that events were forgotten before they were read. Absent for a type without a history. */
  readonly gaps?: number;
  /**
   * The position of the last event that was read, or of the place where the subscription began. A later subscription
   * continues there with the option `from`. `undefined` until the far end has acknowledged the subscription, and absent for a
   * type without a history.
   */
  readonly position?: Position | undefined;
  /**
   * Resolves when the subscription has all events that its option `from` asked for: from then on, it receives events as they
   * are published. `whole` is whether none of them was forgotten. In-process, asking for it reads the rest of the history at
   * once. Absent for a type without a history.
   */
  readonly replayed?: Promise<{ readonly whole: boolean }>;
}

/** Subscribes to a topic, a bare type or `*`. `open` contains the subscription until it ends. */
export function createSubscription<T extends EventEnvelope>(
  target: PubSubEventTarget,
  topic: Topic,
  options: SubscribeOptions,
  open: Set<EnvelopeListener>,
): Subscription<T> {
  const state = pastOf(target, topic, options)?.subscribe<T>(topic, options, open) ??
    new SubscriptionState<T>(options, open);
  const subscription = new SubscriptionIterator(state);
  state.start(target, topic, options.signal, subscription);
  abandoned?.register(subscription, state, state);
  return subscription;
}

/** The public object, whose queue is that of the state. */
class SubscriptionIterator<T extends EventEnvelope> implements Subscription<T>, Buffered<T> {
  readonly #state: SubscriptionState<T>;

  constructor(state: SubscriptionState<T>) {
    this.#state = state;
  }

  get ready(): Promise<void> {
    return this.#state.ready;
  }

  get dropped(): number {
    return this.#state.dropped;
  }

  /** For the console. */
  get facts(): object {
    return this.#state.facts;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    // A buffered event first: V8 inlines this, and not all of the other.
    const event = this.#state.take();
    return event === undefined ? this.#state.next() : Promise.resolve({ value: event, done: false });
  }

  [TAKE](): T | undefined {
    return this.#state.take();
  }

  async return(value?: PromiseLike<undefined> | undefined): Promise<IteratorResult<T, undefined>> {
    this.#state.discard();
    return { value: await value, done: true };
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#state.discard();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncDispose](): Promise<void>;
  [Symbol.asyncDispose](): Promise<unknown> {
    return this.return();
  }

  [Symbol.dispose](): void {
    this.#state.discard();
  }
}

inheritRepeater(SubscriptionIterator);
showOnConsole(SubscriptionIterator, (subscription) => ["Subscription", subscription.facts]);
