import { describe, printable } from "../../../core/describe.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { ListenerRecord } from "../../../core/listener_list.ts";
import type { Topic } from "../../../core/topic.ts";
import { TopicSet } from "../../../core/topic_set.ts";
import { adoptRejection } from "../../../core/report.ts";
import { viaIn, viaOf, type ViaPassingEventTarget, withVia } from "../../../core/via.ts";
import type { ErrorStage, EventEnvelope, FlushOptions, PubSubEventTarget } from "../../../core/types.ts";
import type { HashedTopic, NamedTopic } from "../named_topic.ts";
import { TopicTable } from "../topic_table.ts";
import { Holders, type TopicHolder } from "./holders.ts";

export type { TopicHolder };

/** The source of a hub's topics, which counts their holders. A topic is a full topic, a bare type or `*`. */
export interface TopicSource {
  /** Retains a topic, unless the holder has it already. Returns `true` if the topic is acknowledged at once. */
  retain(topic: NamedTopic, holder: TopicHolder): boolean;
  /** Releases a topic, if the holder has it. */
  release(topic: HashedTopic, holder: TopicHolder): void;
  /** Gives a topic of one holder to another, which may have it already. Nothing comes in between. */
  handOver(topic: NamedTopic, from: TopicHolder, to: TopicHolder): void;
  /** Whether the upstream has acknowledged a topic. Without an upstream, there is no such answer. */
  isAcknowledged?(topic: string): boolean;
}

/** The owner of an {@linkcode Upstream}. */
export interface UpstreamHost {
  /** Events of these topics may have been missed. */
  onUpstreamGap(topics: Pick<TopicSet, "has">): void;
  /** The upstream has ended; without an error if it was closed in this process. Called once. */
  onUpstreamEnd(error: Error | undefined): void;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** Called with each event that the listener of a topic, of a bare type or of `*` receives. */
type OnEvent = (topic: Topic, envelope: EventEnvelope) => void;

/** A hub's side of its upstream: one listener for each topic, from its first holder to its last. */
export class Upstream implements TopicSource {
  readonly #target: PubSubEventTarget;
  readonly #interests = new TopicTable<Interest>();
  /** Undefined after the end of the hub, as is the host: the upstream can outlive the hub, and must not keep it alive. */
  #onEvent: OnEvent | undefined;
  #host: UpstreamHost | undefined;
  /** The topics of a gap that is reported at the end of the turn. */
  #gap = new TopicSet();

  /** @param target The upstream, which is never closed from here. Throws a `TypeError` if it is not an event target. */
  constructor(target: PubSubEventTarget & ViaPassingEventTarget, host: UpstreamHost, onEvent: OnEvent) {
    const { publish, listen, closed } = (target ?? {}) as Partial<PubSubEventTarget>;
    if ([publish, listen, closed?.then].some((method) => typeof method !== "function")) {
      const what = describe(target);
      throw new TypeError(
        `Cannot use ${what} as an upstream: it lacks \`publish\`, \`listen\` or \`closed\``,
      );
    }
    target.passVia?.({ viaIn, viaOf, withVia });
    this.#target = target;
    this.#host = host;
    this.#onEvent = onEvent;
    void target.closed.then((error) => this.#onEnd(error));
  }

  /** Publishes a well-formed envelope. */
  publish(envelope: EventEnvelope): void {
    try {
      this.#target.publish(envelope);
    } catch (error) {
      this.#host?.report("publish", error, topicOfEnvelope(envelope));
    }
  }

  /** Resolves when the upstream has handled everything that was published before. */
  flush(options: FlushOptions | undefined): Promise<void> {
    return this.#target.flush(options);
  }

  retain(topic: NamedTopic, holder: TopicHolder): boolean {
    const known = this.#interests.get(topic);
    if (known !== undefined) {
      known.holders.add(holder);
      // After a lost connection the upstream must acknowledge the topic again.
      if (known.acknowledged && this.#target.status.state !== "open") this.#listen(known);
      return known.acknowledged;
    }
    const interest = new Interest(topic, this);
    interest.holders.add(holder);
    this.#interests.add(interest);
    this.#listen(interest);
    return interest.acknowledged;
  }

  release(topic: HashedTopic, holder: TopicHolder): void {
    const interest = this.#interests.get(topic);
    if (interest === undefined || !interest.holders.delete(holder) || !interest.holders.isEmpty) return;
    this.#forget(interest);
    stopListening(interest, interest.stop, this.#host);
  }

  handOver(topic: NamedTopic, from: TopicHolder, to: TopicHolder): void {
    this.#interests.get(topic)?.holders.replace(from, to);
  }

  /** Whether a topic is retained, and the upstream has acknowledged it. */
  isAcknowledged(name: string): boolean {
    return this.#interests.find(name)?.acknowledged === true;
  }

  /** Forgets the host, and stops every listener. */
  stop(): void {
    const host = this.#host;
    this.#host = undefined;
    this.#onEvent = undefined;
    for (const interest of this.#interests) {
      this.#forget(interest);
      stopListening(interest, interest.stop, host);
    }
  }

  /** The callback for the events of an interest, unless the interest was released or the hub has ended. */
  onEventOf(interest: Interest): OnEvent | undefined {
    return interest.isCurrent ? this.#onEvent : undefined;
  }

  /** The upstream has acknowledged the topic of an interest. */
  onReady(interest: Interest): void {
    if (!interest.isCurrent) return;
    interest.acknowledged = true;
    interest.holders.acknowledge(interest);
  }

  /** The listener of an interest may have missed events. All topics of one turn are one gap. */
  onGap(interest: Interest): void {
    if (!interest.isCurrent) return;
    if (!this.#gap.add(interest.name) || this.#gap.size > 1) return;
    queueMicrotask(() => {
      const topics = this.#gap;
      this.#gap = new TopicSet();
      this.#host?.onUpstreamGap(topics);
    });
  }

  /** The listener of an interest has ended: the topic was refused, or the upstream has ended. */
  onListenerEnd(interest: Interest, error: Error | undefined, refused: boolean): void {
    if (!interest.isCurrent) return;
    this.#forget(interest);
    if (!refused || error === undefined) return this.#onEnd(error);
    const { name, holders } = interest;
    const reason = printable((error as { reason?: string }).reason ?? error.message);
    for (const holder of holders.list) holder.onRefused(name, reason);
    this.#host?.report("subscribe", error, name);
  }

  /** Listens for an interest, in place of its listener before. */
  #listen(interest: Interest): void {
    const { type, id, stop } = interest;
    interest.acknowledged = false;
    try {
      interest.stop = this.#target.listen(type, id, interest);
    } catch (error) {
      this.onListenerEnd(interest, error instanceof Error ? error : new Error(String(error)), true);
    }
    stopListening(interest, stop, this.#host);
    // It may have been released or refused before it could be stopped.
    if (!interest.isCurrent) stopListening(interest, interest.stop, this.#host);
  }

  #forget(interest: Interest): void {
    interest.isCurrent = false;
    this.#interests.remove(interest);
  }

  #onEnd(error: Error | undefined): void {
    const host = this.#host;
    this.stop();
    host?.onUpstreamEnd(error);
  }
}

/** The hub's interest in one topic of the upstream: its only listener there. */
class Interest extends ListenerRecord implements NamedTopic {
  readonly name: string;
  readonly type: string;
  readonly id: string | undefined;
  readonly hash: number;
  readonly holders = new Holders();
  acknowledged = false;
  /** Whether the topic is retained. */
  isCurrent = true;
  /** Stops the listener. */
  stop: (() => void) | undefined = undefined;
  readonly #upstream: Upstream;

  constructor({ name, type, id, hash }: NamedTopic, upstream: Upstream) {
    super();
    this.name = name;
    this.type = type;
    this.id = id;
    this.hash = hash;
    this.#upstream = upstream;
  }

  onEvent(envelope: EventEnvelope): void {
    this.#upstream.onEventOf(this)?.(this, envelope);
  }

  onReady(): void {
    this.#upstream.onReady(this);
  }

  onGap(): void {
    this.#upstream.onGap(this);
  }

  onEnd(error: Error | undefined): void {
    // By its name: the upstream may come from another copy of the library, such as its CommonJS build.
    this.#upstream.onListenerEnd(this, error, error?.name === "RefusedError");
  }
}

/** Stops a listener of an interest. A `stop` of the program's own upstream can throw. */
function stopListening(
  { name }: Interest,
  stop: (() => unknown) | undefined,
  host: UpstreamHost | undefined,
): void {
  if (stop === undefined) return;
  try {
    const result = stop();
    if (result !== undefined) adoptRejection(result, (error) => host?.report("subscribe", error, name));
  } catch (error) {
    host?.report("subscribe", error, name);
  }
}
