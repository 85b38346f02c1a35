import type { HistoryFrom, Position } from "../../../core/history_source.ts";
import { ignore } from "../../../core/ignore.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EnvelopeListener, EventEnvelope } from "../../../core/types.ts";
import { NO_POSITION, readPosition, type Since } from "../../_wire/history_controls.ts";

/** A topic that has readers. */
export interface TopicPast extends Topic {
  readonly name: string;
  /** Of the event that the live readers heard last, or the place where they began. */
  position: Position | undefined;
  readonly live: Set<Reader>;
  readonly requests: Set<PastRequest>;
}

/** A subscription or a callback that a {@linkcode Reader} serves. */
export interface ReaderSink {
  /** The hub has acknowledged it. */
  onReady(): void;
  /** It begins after a position, if the topic has a history. */
  onBegin(at: Position | undefined): void;
  /** An event of the past. */
  onPast(event: EventEnvelope): void;
  /** An event that was published now. */
  onLive(event: EventEnvelope): void;
  /** Events were lost. */
  onLoss(): void;
  /** After a loss of the connection: events of the past will follow those that it has. */
  onResume(): void;
  /** It is live. The position is that of the topic. */
  onReplayed(at: Position | undefined): void;
  onEnd(error: Error | undefined): void;
}

/** A listener of a link that hears the past, and then what is live. While it hears the past, a replay brings all events. */
export class Reader implements EnvelopeListener {
  readonly topic: TopicPast;
  readonly sink: ReaderSink;
  readonly from: HistoryFrom;
  readonly wantsLatest: boolean;
  /** `undefined` once it is live. */
  request: PastRequest | undefined;
  /** Whether the hub has said where it begins. */
  hasBegun = false;
  isReady = false;
  /** Removes the reader. */
  stop: () => void = ignore;
  readonly #onRemoved: (reader: Reader) => void;

  constructor(topic: TopicPast, from: HistoryFrom, sink: ReaderSink, onRemoved: (reader: Reader) => void) {
    this.topic = topic;
    this.sink = sink;
    this.from = from;
    this.wantsLatest = isLatest(from);
    this.#onRemoved = onRemoved;
  }

  /** Whether a replay brings all events that have a position, those that come live as well. */
  get isReplaying(): boolean {
    return this.request?.isLive === false;
  }

  onEvent(event: EventEnvelope): void {
    // An event without a position has no place in a replay.
    if (!this.isReplaying || event.at === undefined) this.sink.onLive(event);
  }

  /** The topic is acknowledged. A reader that has a request waits for its answer. */
  onReady(): void {
    if (this.request === undefined) this.becomeReady();
  }

  onEnd(error: Error | undefined): void {
    this.#onRemoved(this);
    this.sink.onEnd(error);
  }

  becomeReady(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.sink.onReady();
  }

  begin(at: Position | undefined): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.sink.onBegin(at);
  }
}

/** The request of readers that stand at the same place of a topic, until they are live. */
export class PastRequest {
  readonly topic: TopicPast;
  readonly readers: Set<Reader>;
  since: Since;
  /** By which the hub answers, on this connection; `undefined` until the request was sent. */
  ref: string | undefined;
  /** Of the event that was replayed last, or the place before the first one. */
  at: Position | undefined;
  isAnswered = false;
  /** Whether a gap was told for it on this connection. */
  isGapTold = false;
  /** Whether events were lost that no replay brings. */
  hasLost = false;

  constructor(topic: TopicPast, from: HistoryFrom, readers: Iterable<Reader>) {
    this.topic = topic;
    this.readers = new Set(readers);
    this.since = sinceOf(from);
    for (const reader of this.readers) reader.request = this;
  }

  /** Whether its readers hear live events: they only ask where they begin. */
  get isLive(): boolean {
    return typeof this.since === "object" && this.since?.from === "now";
  }

  /** Whether it can ask for the readers of another request as well: a page often has many that begin at the same place. */
  canTake(other: PastRequest): boolean {
    if (this.isLive) return other.isLive && !this.isAnswered;
    return this.ref === undefined && this.at === undefined && !this.hasLost &&
      JSON.stringify(this.since) === JSON.stringify(other.since);
  }

  /** Prepares the request for another connection: from where its readers stand. */
  restart(): void {
    if (this.isLive) {
      this.at = this.topic.position;
      // Without a position, nothing can bring what was published since.
      this.hasLost ||= this.at === undefined && [...this.readers].some(({ isReady }) => isReady);
    }
    if (this.at !== undefined) {
      // The weakest thing that continues there: where only the latest events count, superseded ones are not missing.
      const isOfLatest = [...this.readers].some(({ wantsLatest }) => wantsLatest);
      this.since = isOfLatest ? { from: { latest: this.at } } : this.at;
    }
    this.ref = undefined;
    this.isAnswered = this.isGapTold = false;
    if (!this.isLive) { for (const { sink } of this.readers) sink.onResume(); }
  }
}

/** Whether only the latest event of each id is asked for. */
function isLatest(from: HistoryFrom): boolean {
  return from === "latest" || (typeof from === "object" && "latest" in from);
}

function sinceOf(from: HistoryFrom): Since {
  if (from === "now" || from === "start" || from === "latest") return { from };
  if (typeof from === "string") return readPosition(from) ?? NO_POSITION;
  return { from: "latest" in from ? { latest: readPosition(from.latest) ?? NO_POSITION } : from };
}
