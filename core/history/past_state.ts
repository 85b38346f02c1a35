import { describe } from "../describe.ts";
import { ignore } from "../ignore.ts";
import type { Position } from "../history_source.ts";
import { Queue } from "../queue.ts";
import type { SubscribeOptions } from "../subscribe_options.ts";
import { SubscriptionState } from "../subscription_state.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "../types.ts";
import { GapError } from "./errors.ts";

/** Whether a subscription got all events of the past that it asked for. */
export interface Replayed {
  readonly whole: boolean;
}

/**
 * The state of a subscription of a type that has a history. Events of the past wait apart from live ones, so that `capacity`
 * does not count them.
 */
export abstract class PastState<T extends EventEnvelope> extends SubscriptionState<T> {
  /** Of the event that was read last, or where the subscription began. `undefined` until that is known. */
  position: Position | undefined;
  gaps = 0;
  protected readonly past: Queue<T> = new Queue();
  readonly #topic: Topic;
  readonly #endsAtGap: boolean;
  #whole = true;
  #settled = false;
  #replayed: Promise<Replayed> | undefined;
  #settle: () => void = ignore;

  constructor(options: SubscribeOptions, open: Set<EnvelopeListener>, topic: Topic) {
    super(options, open);
    const { onGap = "continue" } = options;
    if (onGap !== "error" && onGap !== "continue") {
      throw new TypeError(`Cannot use ${describe(onGap)} as onGap: it must be "error" or "continue"`);
    }
    this.#topic = topic;
    this.#endsAtGap = onGap === "error";
  }

  /** Gives up the events of the past that are still to come. */
  protected abstract stopReplay(): void;

  override start(
    target: Pick<PubSubEventTarget, "listen">,
    topic: Topic,
    signal: AbortSignal | undefined,
    subscription: object,
  ): void {
    super.start(target, topic, signal);
    for (const key of ["position", "gaps", "replayed"]) {
      Object.defineProperty(subscription, key, { get: () => Reflect.get(this, key) });
    }
  }

  onGap(): void {
    this.gaps++;
    if (!this.#endsAtGap) return;
    this.stopReplay();
    this.onEnd(new GapError(topicOf(this.#topic.type, this.#topic.id)));
  }

  override discard(): void {
    super.discard();
    this.past.clear();
    this.stopReplay();
  }

  /** Each event must be noted as it is read. */
  override take(): undefined {}

  override next(): Promise<IteratorResult<T, undefined>> {
    const event = this.past.shift();
    const result = event === undefined
      ? super.next()
      : Promise.resolve({ value: event, done: false as const });
    // Before the reader continues, which waits for the same promise.
    void result.then(this.#note, ignore);
    return result;
  }

  get replayed(): Promise<Replayed> {
    return this.#replayed ??= new Promise((resolve) => {
      this.#settle = () => resolve({ whole: this.#whole });
      if (this.#settled) this.#settle();
    });
  }

  /** Events of the past were lost. */
  onLoss(): void {
    if (!this.#settled) this.#whole = false;
    this.onGap();
  }

  /** No event of the past is to come. */
  protected settleReplayed(whole = true): void {
    if (this.#settled) return;
    if (!whole) this.#whole = false;
    this.#settled = true;
    this.#settle();
  }

  /** An event of the past. By default, no bound applies: the reader asks for it. */
  protected pushPast(envelope: EventEnvelope, capacity = Infinity): void {
    this.push(envelope, this.past, capacity);
  }

  override get facts(): object {
    return { ...super.facts, past: this.past.size, gaps: this.gaps };
  }

  /** Whether the reader has got everything. */
  protected get isRead(): boolean {
    return this.past.size === 0 && this.buffer.size === 0;
  }

  readonly #note = ({ value }: IteratorResult<T, undefined>): void => {
    if (value?.at !== undefined) this.position = value.at;
  };
}
