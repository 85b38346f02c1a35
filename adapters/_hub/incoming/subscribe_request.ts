import type { PayloadFault } from "../../../core/defined_events.ts";
import { type ReadonlyTopicMap, TopicMap } from "../../../core/topic_map.ts";
import { TopicSet } from "../../../core/topic_set.ts";
import type { RefusalCause } from "../hub_counters.ts";
import type { RequestPast } from "../history/request_past.ts";
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

const NONE: ReadonlyTopicMap<never> = new TopicMap();

/** A spoke's request for topics, from its arrival to its answer. While it is open it retains them. */
export class SubscribeRequest implements TopicHolder {
  readonly kind = "subscribe";
  /** The spoke's reference for the answer. */
  readonly ref: string;
  /** The topics, each once. */
  readonly topics: TopicSet;
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
  #refused: TopicMap<Refusal> | undefined;
  /** Made when a topic is first acknowledged later than it is retained. */
  #undecided: TopicSet | undefined;
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
    this.topics = new TopicSet(topics);
    for (const [topic, refusal] of refused) this.refuse(topic, refusal);
    this.#source = source;
    this.#onDecided = onDecided;
    this.askedLength = topics.reduce((sum, { length }) => sum + length + 3, ref.length);
  }

  /** The topics that are refused. */
  get refused(): ReadonlyTopicMap<Refusal> {
    return this.#refused ?? NONE;
  }

  /** Whether every topic is acknowledged or refused. */
  get isDecided(): boolean {
    return this.#undecided === undefined || this.#undecided.size === 0;
  }

  isRefused(topic: string): boolean {
    return this.#refused !== undefined && this.#refused.has(topic);
  }

  /** The topics that are not refused. */
  accepted(): string[] {
    const topics = [...this.topics];
    return this.#refused === undefined ? topics : topics.filter((topic) => !this.isRefused(topic));
  }

  /** Notes that a topic is refused. Nothing is released or answered yet: other topics may be refused together with it. */
  refuse(topic: string, refusal: Refusal): void {
    this.#refused ??= new TopicMap();
    if (!this.#refused.has(topic)) this.#refused.set(topic, refusal);
    this.#undecided?.delete(topic);
  }

  /** Retains all topics that are not refused. Returns whether all of them are decided at once. */
  retain(): boolean {
    this.isOpen = true;
    const source = this.#source;
    for (const topic of this.accepted()) {
      // The source may call into the program, which may revoke this topic or a later one.
      if (this.isRefused(topic)) continue;
      const isAcknowledged = source.retain(topic, this);
      if (this.isRefused(topic)) source.release(topic, this);
      else if (!isAcknowledged || this.#awaitsPast(topic)) (this.#undecided ??= new TopicSet()).add(topic);
    }
    this.#isWaiting = !this.isDecided;
    return this.isDecided;
  }

  /** Releases all topics. Nothing is decided any more. */
  release(): void {
    this.#isWaiting = false;
    if (this.isOpen) this.releaseEach(this.topics);
  }

  /** Releases topics that were refused. */
  releaseEach(topics: Iterable<string>): void {
    for (const topic of topics) this.#source.release(topic, this);
  }

  /** Forgets what was asked: the promises of `authorize` may keep the request for as long as they like. */
  forget(): void {
    this.release();
    this.topics.clear();
    this.#refused = undefined;
    this.#undecided = undefined;
    this.past = undefined;
  }

  onAcknowledged(topic: string): void {
    if (!this.#awaitsPast(topic)) this.#decide(topic);
  }

  /** Finds where an acknowledged topic begins in the past. Returns whether that comes later. */
  #awaitsPast(topic: string): boolean {
    const begun = this.past?.begin(topic);
    void begun?.then(() => this.#decide(topic));
    return begun !== undefined;
  }

  #decide(topic: string): void {
    this.#undecided?.delete(topic);
    this.#settle();
  }

  onRefused(topic: string, reason: string): void {
    this.refuse(topic, { reason, by: "upstream" });
    this.#source.release(topic, this);
    this.#settle();
  }

  #settle(): void {
    if (!this.#isWaiting || !this.isDecided) return;
    this.#isWaiting = false;
    this.#onDecided();
  }
}
