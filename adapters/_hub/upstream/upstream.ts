import { topicOfEnvelope } from "../../../core/envelope.ts";
import { describe } from "../../../core/describe.ts";
import { splitTopic, type Topic } from "../../../core/topic.ts";
import type {
  EnvelopeListener,
  ErrorStage,
  EventEnvelope,
  FlushOptions,
  PubSubEventTarget,
} from "../../../core/types.ts";

/** Who wants a topic of the upstream. */
export interface Holder {
  /** The upstream has acknowledged the topic. */
  onAcknowledged(topic: string): void;
  /** The upstream has refused the topic, or taken it back: it is not held any more. */
  onRefused(topic: string, reason: string): void;
}

/** What an {@linkcode Upstream} tells. */
export interface UpstreamOwner {
  /** The upstream's listener of a topic, a bare type or `*` has heard an event. */
  onUpstreamEvent(topic: Topic, envelope: EventEnvelope): void;
  /** Events of these topics may have been missed. */
  onUpstreamGap(topics: ReadonlySet<string>): void;
  /** The upstream has ended: `undefined` if it was closed in this process. Called once. */
  onUpstreamEnd(error: Error | undefined): void;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/**
 * A hub's side of its upstream: one listener for each topic that anybody holds, from the first holder to the last.
 */
export class Upstream {
  readonly #target: PubSubEventTarget;
  readonly #interests = new Map<string, Interest>();
  /** Undefined once the hub has ended: the upstream, which may outlive it, must not keep it alive. */
  #owner: UpstreamOwner | undefined;
  /** The topics of a gap that is told at the end of the turn. */
  #gap = new Set<string>();

  /**
   * @param target The upstream, which is never closed from here.
   * @param owner Hears.
   * @throws {TypeError} If it is no event target of this library's kind.
   */
  constructor(target: PubSubEventTarget, owner: UpstreamOwner) {
    const { publish, listen, closed } = (target ?? {}) as Partial<PubSubEventTarget>;
    if ([publish, listen, closed?.then].some((method) => typeof method !== "function")) {
      throw new TypeError(`Cannot use ${describe(target)} as an upstream: it has not the methods of one`);
    }
    this.#target = target;
    this.#owner = owner;
    void target.closed.then((error) => this.#onEnd(error));
  }

  /**
   * Hands an event over.
   *
   * @param envelope A well-formed envelope.
   */
  publish(envelope: EventEnvelope): void {
    try {
      this.#target.publish(envelope);
    } catch (error) {
      this.#owner?.report("publish", error, topicOfEnvelope(envelope));
    }
  }

  /**
   * Resolves when the upstream has handled everything sent before.
   *
   * @param options When to give up.
   * @returns The upstream's own answer.
   */
  flush(options: FlushOptions | undefined): Promise<void> {
    return this.#target.flush(options);
  }

  /**
   * Holds a topic; a second time changes nothing.
   *
   * @param topic The topic, the bare type or `*`.
   * @param holder Told later of what the upstream has not said yet.
   * @returns Whether the upstream has acknowledged it.
   */
  hold(topic: string, holder: Holder): boolean {
    const known = this.#interests.get(topic);
    if (known !== undefined) {
      known.holders.add(holder);
      // What it acknowledged before it lost its connection it has to acknowledge again.
      if (known.acknowledged && this.#target.status.state !== "open") this.#listen(known);
      return known.acknowledged;
    }
    const interest = new Interest(topic, this);
    interest.holders.add(holder);
    this.#interests.set(topic, interest);
    this.#listen(interest);
    return interest.acknowledged;
  }

  /**
   * Lets go of a topic, if it was held.
   *
   * @param topic The topic, the bare type or `*`.
   * @param holder Who does not want it any more.
   */
  letGo(topic: string, holder: Holder): void {
    const interest = this.#interests.get(topic);
    if (interest === undefined || !interest.holders.delete(holder) || interest.holders.size > 0) return;
    this.#interests.delete(topic);
    interest.stop?.();
  }

  /** Forgets the owner. What is still held is let go. */
  stop(): void {
    this.#owner = undefined;
    for (const { stop } of this.#interests.values()) stop?.();
    this.#interests.clear();
  }

  /** An interest's listener has heard an event. */
  onEvent(interest: Interest, envelope: EventEnvelope): void {
    if (this.#isCurrent(interest)) this.#owner?.onUpstreamEvent(interest.parts, envelope);
  }

  /** An interest's listener is acknowledged. */
  onReady(interest: Interest): void {
    if (!this.#isCurrent(interest)) return;
    interest.acknowledged = true;
    for (const holder of [...interest.holders]) holder.onAcknowledged(interest.topic);
  }

  /** An interest's listener may have missed events. All that are told in one turn are one gap. */
  onGap(interest: Interest): void {
    if (!this.#isCurrent(interest) || this.#gap.add(interest.topic).size > 1) return;
    queueMicrotask(() => {
      const topics = this.#gap;
      this.#gap = new Set();
      this.#owner?.onUpstreamGap(topics);
    });
  }

  /** An interest's listener hears nothing more: the topic was refused, or the upstream has ended. */
  onEnd(interest: Interest, error: Error | undefined, refused: boolean): void {
    if (!this.#isCurrent(interest)) return;
    this.#interests.delete(interest.topic);
    if (!refused || error === undefined) return this.#onEnd(error);
    const { reason = error.message } = error as { reason?: string };
    for (const holder of [...interest.holders]) holder.onRefused(interest.topic, reason);
    this.#owner?.report("subscribe", error, interest.topic);
  }

  /** Listens for an interest, in place of what listened for it before. */
  #listen(interest: Interest): void {
    const { parts: { type, id }, stop } = interest;
    interest.acknowledged = false;
    try {
      interest.stop = this.#target.listen(type, id, interest);
    } catch (error) {
      this.onEnd(interest, error instanceof Error ? error : new Error(String(error)), true);
    }
    stop?.();
    // It may have been let go or refused before it could be stopped.
    if (!this.#isCurrent(interest)) interest.stop?.();
  }

  #onEnd(error: Error | undefined): void {
    const owner = this.#owner;
    this.stop();
    owner?.onUpstreamEnd(error);
  }

  #isCurrent(interest: Interest): boolean {
    return this.#interests.get(interest.topic) === interest;
  }
}

/** The one listener of a topic. */
class Interest implements EnvelopeListener {
  readonly topic: string;
  readonly parts: Topic;
  readonly holders = new Set<Holder>();
  acknowledged = false;
  stop: (() => void) | undefined;
  readonly #upstream: Upstream;

  constructor(topic: string, upstream: Upstream) {
    this.topic = topic;
    this.parts = splitTopic(topic);
    this.#upstream = upstream;
  }

  onEvent(envelope: EventEnvelope): void {
    this.#upstream.onEvent(this, envelope);
  }

  onReady(): void {
    this.#upstream.onReady(this);
  }

  onGap(): void {
    this.#upstream.onGap(this);
  }

  onEnd(error: Error | undefined): void {
    // By its name: the upstream may be of another copy of the library, such as its CommonJS one.
    this.#upstream.onEnd(this, error, error?.name === "RefusedError");
  }
}
