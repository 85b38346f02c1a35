import type { PayloadFault } from "../../../core/defined_events.ts";
import type { RefusalCause } from "../hub_counters.ts";
import type { RequestPast } from "../history/request_past.ts";
import { NamedTopic } from "../named_topic.ts";
import { TopicTable } from "../topic_table.ts";
import type { TopicHolder, TopicSource } from "../upstream/upstream.ts";

/** The reason why a topic of a request was refused. */
export interface Refusal {
  /** The reason, for the spoke. */
  readonly reason: string;
  /** The cause of the refusal, for the counters. */
  readonly by: RefusalCause;
  /** The error that `authorize` threw, for the hub's program. */
  readonly cause?: unknown;
}

/** Why an event was refused: by the program, or by the schema of its type. */
export type EventRefusal = Refusal | PayloadFault;

/** One topic of a request. Everything that is known of it is here, so that it is looked up and split once. */
export class AskedTopic extends NamedTopic {
  refusal: Refusal | undefined = undefined;
  /** Whether the source has been asked for it, and has not acknowledged it. */
  isUndecided = false;
  /** Whether the source was asked for it, and the request still holds it. */
  isRetained = false;
}

/** A topic that was refused, with the reason. */
export interface Refused {
  readonly name: string;
  readonly refusal: Refusal;
}

/** A spoke's request for topics, from its arrival to its answer. While it is open it retains them. */
export class SubscribeRequest implements TopicHolder {
  readonly kind = "subscribe";
  /** The spoke's reference for the answer. */
  readonly ref: string;
  /** How many characters were asked for, quotes and commas included: at most the bytes that came. */
  readonly askedLength: number;
  /** Whether it has reached the head of the queue, and was handed to the source of topics. */
  isOpen = false;
  isAnswered = false;
  /** Whether others find it by its topics. */
  isAwaited = false;
  /** Its place in the order of arrival. */
  order = 0;
  /** The past that it asks for, if the hub has a history and the spoke takes part in it. */
  past: RequestPast | undefined;
  readonly #source: TopicSource;
  readonly #onDecided: () => void;
  /** The topics, each once. */
  readonly #topics = new TopicTable<AskedTopic>();
  #refused: Refused[] = [];
  /** How many topics were acknowledged later than they were retained, or will be. */
  #undecided = 0;
  /** Whether all topics are retained, and nothing is decided yet. */
  #isWaiting = false;

  /**
   * @param refused The topics that are refused already.
   * @param onDecided Called once, when the last topic is acknowledged or refused by the source later than in `retain`.
   */
  constructor(
    ref: string,
    topics: readonly string[],
    refused: Iterable<readonly [topic: string, refusal: Refusal]>,
    source: TopicSource,
    onDecided: () => void,
  ) {
    this.ref = ref;
    let length = ref.length;
    for (const name of topics) {
      length += name.length + 3;
      const topic = new AskedTopic(name);
      if (this.#topics.get(topic) === undefined) this.#topics.add(topic);
    }
    this.askedLength = length;
    for (const [topic, refusal] of refused) this.refuse(topic, refusal);
    this.#source = source;
    this.#onDecided = onDecided;
  }

  /** The number of topics. */
  get size(): number {
    return this.#topics.size;
  }

  /** The topics, each once. */
  get topics(): IterableIterator<AskedTopic> {
    return this.#topics.entries();
  }

  has(name: string): boolean {
    return this.#topics.find(name) !== undefined;
  }

  /** The topics that are refused, in the order of their refusals. */
  get refused(): readonly Refused[] {
    return this.#refused;
  }

  /** Whether every topic is acknowledged or refused. */
  get isDecided(): boolean {
    return this.#undecided === 0;
  }

  /** The topics that are not refused. */
  accepted(): AskedTopic[] {
    const topics = [...this.#topics];
    return this.#refused.length === 0 ? topics : topics.filter(({ refusal }) => refusal === undefined);
  }

  /** Notes that a topic is refused. Nothing is released or answered yet: other topics may be refused together with it. */
  refuse(name: string, refusal: Refusal): void {
    const topic = this.#topics.find(name);
    if (topic === undefined) return;
    if (topic.refusal === undefined) {
      topic.refusal = refusal;
      this.#refused.push({ name, refusal });
    }
    this.#noteDecided(topic);
  }

  /** Retains all topics that are not refused. Returns whether all of them are decided at once. */
  retain(): boolean {
    this.isOpen = true;
    for (const topic of this.#topics) {
      // The source may call into the program, which may revoke this topic or a later one.
      if (topic.refusal !== undefined) continue;
      // Before: the source may end the spoke, whose end releases all topics.
      topic.isRetained = true;
      const isAcknowledged = this.#source.retain(topic, this);
      if (topic.refusal !== undefined) this.#release(topic);
      else if (!isAcknowledged || this.#awaitsPast(topic)) {
        topic.isUndecided = true;
        this.#undecided++;
      }
    }
    this.#isWaiting = !this.isDecided;
    return this.isDecided;
  }

  /** Releases all topics. Nothing is decided any more. */
  release(): void {
    this.#isWaiting = false;
    if (this.isOpen) { for (const topic of this.#topics) this.#release(topic); }
  }

  /** Releases topics that were refused. */
  releaseEach(names: Iterable<string>): void {
    for (const name of names) {
      const topic = this.#topics.find(name);
      if (topic !== undefined) this.#release(topic);
    }
  }

  /** Leaves a topic to another holder, which may have it already. */
  handOver(topic: AskedTopic, holder: TopicHolder): void {
    topic.isRetained = false;
    this.#source.handOver(topic, this, holder);
  }

  /** Forgets what was asked: the promises of `authorize` may keep the request for as long as they like. */
  forget(): void {
    this.release();
    for (const topic of this.#topics) this.#noteDecided(topic);
    this.#topics.clear();
    this.#refused = [];
    this.past = undefined;
  }

  onAcknowledged(acknowledged: NamedTopic): void {
    const topic = this.#topics.get(acknowledged);
    if (topic !== undefined && !this.#awaitsPast(topic)) this.#decide(topic);
  }

  /** Finds where an acknowledged topic begins in the past. Returns whether that comes later. */
  #awaitsPast(topic: AskedTopic): boolean {
    const begun = this.past?.begin(topic.name);
    void begun?.then(() => this.#decide(topic));
    return begun !== undefined;
  }

  #decide(topic: AskedTopic): void {
    this.#noteDecided(topic);
    this.#settle();
  }

  #noteDecided(topic: AskedTopic): void {
    if (!topic.isUndecided) return;
    topic.isUndecided = false;
    this.#undecided--;
  }

  #release(topic: AskedTopic): void {
    if (!topic.isRetained) return;
    topic.isRetained = false;
    this.#source.release(topic, this);
  }

  onRefused(name: string, reason: string): void {
    this.refuse(name, { reason, by: "upstream" });
    this.releaseEach([name]);
    this.#settle();
  }

  #settle(): void {
    if (!this.#isWaiting || !this.isDecided) return;
    this.#isWaiting = false;
    this.#onDecided();
  }
}
