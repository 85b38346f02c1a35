import { Repeater } from "@repeaterjs/repeater";
import { type SubscribeOptions, SubscriptionState } from "./subscription_state.ts";
import type { Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/**
 * The events of a topic as an async iterator for one reader. It listens from the moment it is made.
 *
 * It is a `Repeater` of `@repeaterjs/repeater`, by its type and by `instanceof`, so that `Repeater.race` and its like
 * take it. `break`, `return()`, `throw()`, `await using` and the `signal` option end it at once and forget what is
 * buffered. One that nobody refers to any more, and nobody waits for, ends with the next garbage collection.
 */
export interface Subscription<T> {
  /** The next event; `done` at a quiet end. Rejects once with the error of any other end, then is `done`. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription, and with it every `next()` that waits. */
  return(value?: PromiseLike<undefined> | undefined): Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription likewise, and rejects with the error. */
  throw(error: unknown): Promise<IteratorResult<T, undefined>>;
  /** The subscription itself: there is one reader. */
  [Symbol.asyncIterator](): this;
  /** Ends the subscription; called by `await using`. */
  [Symbol.asyncDispose]: () => Promise<IteratorResult<T, undefined>>;
  /** Ends the subscription; called by `using`. */
  [Symbol.dispose]: () => void;
  /**
   * Resolves when the far end has acknowledged the subscription: what is published there from then on arrives.
   * Rejects if it is refused or ends before. A rejection that nobody looks at is no unhandled rejection.
   */
  readonly ready: Promise<void>;
  /** How many events were dropped because the buffer was full. */
  readonly dropped: number;
}

/**
 * Subscribes to a topic.
 *
 * @param target Where events come from.
 * @param topic The topic, a bare type or `*`.
 * @param options Bounds and signal.
 * @param open The subscriptions that are open; this one is among them until it ends.
 * @returns The subscription.
 */
export function createSubscription<T extends EventEnvelope>(
  target: PubSubEventTarget,
  topic: Topic,
  options: SubscribeOptions,
  open: Set<EnvelopeListener>,
): Subscription<T> {
  const state = new SubscriptionState<T>(options, open);
  state.start(target, topic, options.signal);
  const subscription = new SubscriptionIterator(state);
  abandoned.register(subscription, state);
  return subscription;
}

/** Ends subscriptions that nobody can read any more. */
const abandoned = new FinalizationRegistry<{ abandon(): void }>((state) => state.abandon());

/** The public side: a `Repeater` by type and by `instanceof`, whose queue is the state's. */
class SubscriptionIterator<T extends EventEnvelope> extends Repeater<T, undefined>
  implements Subscription<T> {
  readonly #state: SubscriptionState<T>;

  constructor(state: SubscriptionState<T>) {
    super(() => undefined);
    this.#state = state;
  }

  get ready(): Promise<void> {
    return this.#state.ready;
  }

  get dropped(): number {
    return this.#state.dropped;
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    return this.#state.next();
  }

  override async return(value?: PromiseLike<undefined> | undefined): Promise<IteratorResult<T, undefined>> {
    this.#state.discard();
    return { value: await value, done: true };
  }

  override throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#state.discard();
    return Promise.reject(error);
  }
}
