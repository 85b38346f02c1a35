import type { TopicHolder, TopicSource } from "../upstream/upstream.ts";

/** The reason why a topic of a request was refused. */
export interface Refusal {
  /** The reason, for the spoke. */
  readonly reason: string;
  /** The error that `authorize` threw, for the hub's program. */
  readonly cause?: unknown;
}

/** The refused topics of one request. */
export type Refusals = ReadonlyMap<string, Refusal>;

/** A spoke's request for topics. It retains them until it is answered. */
export class SubscribeRequest implements TopicHolder {
  /** The spoke's reference for the answer. */
  readonly ref: string;
  /** The topics, as they were asked for. */
  readonly topics: readonly string[];
  /** The refused topics, with their reasons. */
  readonly refused: Map<string, string>;
  readonly #source: TopicSource;
  readonly #onDecided: () => void;
  readonly #undecided = new Set<string>();
  /** Whether all topics are retained, and some are undecided. */
  #open = false;

  /**
   * @param refused The topics that are refused already.
   * @param onDecided Called once, when the last topic is acknowledged or refused later than in `retain`.
   */
  constructor(
    ref: string,
    topics: readonly string[],
    refused: Refusals,
    source: TopicSource,
    onDecided: () => void,
  ) {
    this.ref = ref;
    this.topics = topics;
    this.refused = new Map(Array.from(refused, ([topic, { reason }]) => [topic, reason]));
    this.#source = source;
    this.#onDecided = onDecided;
  }

  /** The topics that are not refused, each once. */
  accepted(): Set<string> {
    return new Set(this.topics.filter((topic) => !this.refused.has(topic)));
  }

  /** Retains all topics. Returns whether all of them are decided at once. */
  retain(): boolean {
    const accepted = this.accepted();
    for (const topic of accepted) this.#undecided.add(topic);
    for (const topic of accepted) if (this.#source.retain(topic, this)) this.#undecided.delete(topic);
    this.#open = this.#undecided.size > 0;
    return !this.#open;
  }

  /** Releases all topics. Nothing is decided any more. */
  release(): void {
    this.#open = false;
    for (const topic of this.accepted()) this.#source.release(topic, this);
  }

  onAcknowledged(topic: string): void {
    this.#decide(topic);
  }

  onRefused(topic: string, reason: string): void {
    this.refused.set(topic, reason);
    this.#source.release(topic, this);
    this.#decide(topic);
  }

  #decide(topic: string): void {
    this.#undecided.delete(topic);
    if (this.#open && this.#undecided.size === 0) this.#onDecided();
  }
}
