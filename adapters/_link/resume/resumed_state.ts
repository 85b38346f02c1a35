import { PastState } from "../../../core/history/past_state.ts";
import type { Position } from "../../../core/history_source.ts";
import type { SubscribeOptions } from "../../../core/subscribe_options.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "../../../core/types.ts";
import type { ReaderSink } from "./reader.ts";

/** Adds a reader, and returns a function that removes it. */
export type AddReader = (sink: ReaderSink) => () => void;

/**
 * The state of a subscription of a link whose hub keeps the past. What is read waits in order: events of the past that have
 * arrived, and live ones from before a loss, wait before the live ones.
 */
export class ResumedState<T extends EventEnvelope> extends PastState<T> implements ReaderSink {
  readonly #add: AddReader;
  readonly #maxUnread: number;

  constructor(
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
    topic: Topic,
    maxUnread: number,
    add: AddReader,
  ) {
    super(options, open, topic);
    this.#maxUnread = maxUnread;
    this.#add = add;
  }

  override start(
    _target: Pick<PubSubEventTarget, "listen">,
    topic: Topic,
    signal: AbortSignal | undefined,
    subscription: object,
  ): void {
    super.start({ listen: () => this.#add(this) }, topic, signal, subscription);
  }

  onBegin(at: Position | undefined): void {
    this.position ??= at;
  }

  onPast(event: EventEnvelope): void {
    this.pushPast(event, this.capacity + this.#maxUnread);
  }

  onLive(event: EventEnvelope): void {
    super.onEvent(event);
  }

  onResume(): void {
    for (let event = this.buffer.shift(); event !== undefined; event = this.buffer.shift()) {
      this.onPast(event);
    }
  }

  onReplayed(at: Position | undefined): void {
    if (this.isRead) this.position = at ?? this.position;
    this.settleReplayed();
  }

  override onEnd(error: Error | undefined): void {
    this.stopReplay();
    super.onEnd(error);
  }

  protected override stopReplay(): void {
    this.settleReplayed(false);
  }
}
