import { describe } from "../describe.ts";
import { ignore } from "../ignore.ts";
import type { Position } from "../history_source.ts";
import { type SubscribeOptions, SubscriptionState } from "../subscription_state.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "../types.ts";
import { GapError } from "./errors.ts";
import { Replay, type ReplaySource } from "./replay.ts";

/**
 * The state of a subscription of a type that has a history. Until nothing is left in the log, the reader reads the log; then
 * it reads the buffer, as other subscriptions do.
 */
export class ReplayedState<T extends EventEnvelope> extends SubscriptionState<T> {
  readonly #topic: Topic;
  readonly #replay: Replay;
  readonly #endsAtGap: boolean;
  /** Events of the log, of which those before the index were read. */
  #events: EventEnvelope[] = [];
  #index = 0;
  #whole = true;
  position: Position;
  gaps = 0;
  readonly #open: ReadonlySet<EnvelopeListener>;

  constructor(options: SubscribeOptions, open: Set<EnvelopeListener>, source: ReplaySource, topic: Topic) {
    super(options, open);
    this.#open = open;
    const { from = "now", onGap = "continue" } = options;
    if (onGap !== "error" && onGap !== "continue") {
      throw new TypeError(`Cannot use ${describe(onGap)} as onGap: it must be "error" or "continue"`);
    }
    this.#topic = topic;
    this.#endsAtGap = onGap === "error";
    this.#replay = new Replay(source, topic, from);
    this.position = this.#replay.position;
  }

  override start(
    target: PubSubEventTarget,
    topic: Topic,
    signal: AbortSignal | undefined,
    subscription: object,
  ): void {
    super.start(target, topic, signal);
    for (const key of ["position", "gaps", "replayed"]) {
      Object.defineProperty(subscription, key, { get: () => Reflect.get(this, key) });
    }
    // A subscription that has ended already replays nothing.
    if (!this.#open.has(this)) this.#stopReading();
    else if (!this.#replay.live) this.#read();
  }

  override onEvent(envelope: EventEnvelope): void {
    if (!this.#replay.skips(envelope)) super.onEvent(envelope);
  }

  onGap(): void {
    this.gaps++;
    if (this.#endsAtGap) this.onEnd(new GapError(topicOf(this.#topic.type, this.#topic.id)));
  }

  override discard(): void {
    super.discard();
    this.#stopReading();
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    const event = this.#shift();
    const result = event === undefined
      ? super.next()
      : Promise.resolve({ value: event, done: false as const });
    // Before the reader continues, which waits for the same promise.
    void result.then(this.#note, ignore);
    return result;
  }

  /** Reads the rest of the log at once, so that nobody waits for a reader that waits for this. */
  get replayed(): Promise<{ readonly whole: boolean }> {
    while (!this.#replay.live) this.#read();
    return Promise.resolve({ whole: this.#whole });
  }

  readonly #note = ({ value }: IteratorResult<T, undefined>): void => {
    if (value?.at !== undefined) this.position = value.at;
  };

  #shift(): T | undefined {
    while (this.#index === this.#events.length) {
      if (this.#replay.live) return undefined;
      this.#events = [];
      this.#index = 0;
      this.#read();
    }
    // The history has the events of the topic, whose type is in the event map.
    return this.#events[this.#index++] as T;
  }

  /** Reads a page. */
  #read(): void {
    const { events, from, at, whole, done } = this.#replay.read();
    if (!whole) {
      this.#whole = false;
      if (this.#endsAtGap) this.#stopReading();
      this.onGap();
    }
    if (this.#replay.live) return;
    if (this.#index === this.#events.length) this.position = events.length === 0 ? at : from;
    this.#events.push(...events);
    if (done) this.#replay.goLive(at);
  }

  #stopReading(): void {
    this.#events = [];
    this.#index = 0;
    if (this.#replay.live) return;
    this.#whole = false;
    this.#replay.goLive(this.#replay.position);
  }
}
