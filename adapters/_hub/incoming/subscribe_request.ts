import type { Holder, Upstream } from "../upstream/upstream.ts";

/** What one spoke asked for at once. It holds the topics of the upstream until it is answered. */
export class Question<TSpoke> implements Holder {
  readonly spoke: TSpoke;
  /** What the spoke calls it. */
  readonly ref: string;
  /** The topics, as they were asked for. */
  readonly topics: readonly string[];
  /** Those that are refused, with the reasons. */
  readonly refused: Map<string, string>;
  readonly #upstream: Upstream;
  readonly #onDecided: () => void;
  /** What the upstream has not answered. */
  readonly #waiting = new Set<string>();
  /** Whether the upstream was asked about everything, and the question is not answered yet. */
  #open = false;

  /**
   * @param spoke Who asks.
   * @param ref What it calls the question.
   * @param topics What it asks for.
   * @param refused What of that is refused already.
   * @param upstream Whom to ask.
   * @param onDecided Called once, when every topic is acknowledged or refused, unless it was at once.
   */
  constructor(
    spoke: TSpoke,
    ref: string,
    topics: readonly string[],
    refused: ReadonlyMap<string, string>,
    upstream: Upstream,
    onDecided: () => void,
  ) {
    this.spoke = spoke;
    this.ref = ref;
    this.topics = topics;
    this.refused = new Map(refused);
    this.#upstream = upstream;
    this.#onDecided = onDecided;
  }

  /**
   * The topics that are not refused.
   *
   * @returns Them, each one once.
   */
  accepted(): Set<string> {
    return new Set(this.topics.filter((topic) => !this.refused.has(topic)));
  }

  /**
   * Asks the upstream about every topic.
   *
   * @returns Whether all of them are decided already.
   */
  hold(): boolean {
    const asked = this.accepted();
    for (const topic of asked) this.#waiting.add(topic);
    for (const topic of asked) if (this.#upstream.hold(topic, this)) this.#waiting.delete(topic);
    this.#open = this.#waiting.size > 0;
    return !this.#open;
  }

  /** Lets go of the upstream's topics. Nothing is decided any more. */
  letGo(): void {
    this.#open = false;
    for (const topic of this.accepted()) this.#upstream.letGo(topic, this);
  }

  onAcknowledged(topic: string): void {
    this.#decide(topic);
  }

  onRefused(topic: string, reason: string): void {
    this.refused.set(topic, reason);
    this.#upstream.letGo(topic, this);
    this.#decide(topic);
  }

  #decide(topic: string): void {
    this.#waiting.delete(topic);
    if (this.#open && this.#waiting.size === 0) this.#onDecided();
  }
}
