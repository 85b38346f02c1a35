import type { SubscribeOptions } from "../subscribe_options.ts";
import type { Topic } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "../types.ts";
import { PastState, type Replayed } from "./past_state.ts";
import { Replay, type ReplayPage, type ReplaySource } from "./replay.ts";

/**
 * The state of a subscription that reads a history. Until nothing is left in the log, the reader reads the log; then it reads
 * the buffer, as other subscriptions do.
 */
export class ReplayedState<T extends EventEnvelope> extends PastState<T> {
  readonly #replay: Replay;
  readonly #open: ReadonlySet<EnvelopeListener>;
  /** Whether no page can be read now: the topic is not acknowledged yet, or a page is awaited. */
  #isBusy = true;
  /** Whether pages come later. Then there are none after the end. */
  #isDelayed = false;
  /** Whether later pages are read without a reader. */
  #isDraining = false;

  constructor(options: SubscribeOptions, open: Set<EnvelopeListener>, source: ReplaySource, topic: Topic) {
    super(options, open, topic);
    this.#open = open;
    this.#replay = new Replay(source, topic, options.from ?? "now");
  }

  override start(
    target: Pick<PubSubEventTarget, "listen">,
    topic: Topic,
    signal: AbortSignal | undefined,
    subscription: object,
  ): void {
    super.start(target, topic, signal, subscription);
    // A subscription that has ended already replays nothing.
    if (!this.#open.has(this)) this.stopReplay();
  }

  override onReady(): void {
    if (!this.#replay.live) this.#read();
  }

  override onEvent(envelope: EventEnvelope): void {
    if (!this.#replay.skips(envelope)) super.onEvent(envelope);
  }

  override onEnd(error: Error | undefined): void {
    if (this.#isDelayed || this.#isBusy) this.stopReplay();
    super.onEnd(error);
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    while (this.past.size === 0 && this.#canRead) this.#read();
    return super.next();
  }

  /** Reads the rest of the log, so that nobody waits for a reader that waits for this. */
  override get replayed(): Promise<Replayed> {
    this.#isDraining = true;
    while (this.#canRead) this.#read();
    return super.replayed;
  }

  protected override stopReplay(): void {
    if (this.#replay.live) return;
    this.#replay.goLive();
    this.settleReplayed(false);
  }

  get #canRead(): boolean {
    return !this.#isBusy && !this.#replay.live;
  }

  #read(): void {
    this.#isBusy = true;
    this.#isDelayed = !this.#replay.read((page) => this.#take(page));
  }

  #take({ events, from, at, whole, done }: ReplayPage): void {
    this.#isBusy = false;
    if (this.#replay.live) return;
    // What is published after this arrives.
    super.onReady();
    if (!whole) this.onLoss();
    if (this.#replay.live) return;
    if (this.past.size === 0) this.position = (events.length === 0 ? at : from) ?? this.position;
    for (const event of events) this.pushPast(event);
    if (done) {
      for (const event of this.#replay.goLive()) super.onEvent(event);
      this.settleReplayed();
    } else if (this.#isDelayed && (this.isAwaited || this.#isDraining)) this.#read();
  }
}
