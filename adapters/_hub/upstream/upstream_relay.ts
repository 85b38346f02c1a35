import { topicOfEnvelope } from "../../../core/envelope.ts";
import { RefusedError } from "../../../core/errors.ts";
import type { Dispatcher } from "../../../core/dispatcher.ts";
import type { Topic } from "../../../core/topic.ts";
import type { ErrorStage, EventEnvelope, PubSubEventTarget } from "../../../core/types.ts";
import type { Fanout, OwnListeners, Recipient } from "../outgoing/fanout.ts";
import type { IncomingEvent } from "../spoke.ts";
import { type Holder, Upstream, type UpstreamOwner } from "./upstream.ts";
import { MAX_HOPS, withVia } from "../../../core/via.ts";

/** A spoke, as far as a bus knows it. */
export interface BusSpoke<TBody> extends Recipient<TBody> {
  mark: string | undefined;
  /** Tells that events of some of its topics may have been missed. */
  tellGap(topics: readonly string[]): void;
  /** Reports a fault that concerns it. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** Whose bus it is. */
export interface BusOwner<TSpoke> {
  /** The spokes of the hub. */
  readonly spokes: Iterable<TSpoke>;
  /** Events may have been missed. */
  onBusGap(): void;
  /** The upstream has ended: `undefined` if it was closed in this process. */
  onBusEnd(error: Error | undefined): void;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** What a hub with an upstream makes of it: the one way between its spokes, its program and those of other hubs. */
export class Bus<TSpoke extends BusSpoke<TBody>, TBody> implements UpstreamOwner, Holder, OwnListeners {
  /** The upstream. */
  readonly upstream: Upstream;
  readonly #dispatcher: Dispatcher;
  readonly #fanout: Fanout<TSpoke, TBody>;
  readonly #owner: BusOwner<TSpoke>;
  /** The topics that the hub's own listeners want, and whether the upstream has acknowledged them. */
  readonly #wanted = new Map<string, boolean>();
  /** Tells the marks of this hub's spokes from those of all others. */
  readonly #id = randomId();
  #lastMark = 0;

  /**
   * @param target The upstream.
   * @param dispatcher The hub's own listeners.
   * @param fanout The way to its spokes.
   * @param owner The hub.
   * @throws {TypeError} If it is no event target of this library's kind.
   */
  constructor(
    target: PubSubEventTarget,
    dispatcher: Dispatcher,
    fanout: Fanout<TSpoke, TBody>,
    owner: BusOwner<TSpoke>,
  ) {
    this.#dispatcher = dispatcher;
    this.#fanout = fanout;
    this.#owner = owner;
    this.upstream = new Upstream(target, this);
  }

  /**
   * Publishes an event of the hub's program.
   *
   * @param envelope The event.
   */
  publish({ type, id, payload }: EventEnvelope): void {
    // A fresh object: the way that an event has come elsewhere is not that of this one.
    this.upstream.publish({ type, id, payload });
  }

  /**
   * Publishes an event of a spoke's.
   *
   * @param spoke The spoke.
   * @param event What it has sent. It is not believed which way that has come: the way is only counted, and told to
   *   nobody but this spoke.
   */
  publishFrom(spoke: TSpoke, { envelope, via = [] }: IncomingEvent): void {
    if (via.length >= MAX_HOPS) {
      const topic = topicOfEnvelope(envelope);
      const reason = `it has come through ${MAX_HOPS} hubs, so they are upstreams of each other in a circle`;
      return spoke.report("publish", new Error(`Cannot publish "${topic}": ${reason}`), topic);
    }
    spoke.mark ??= `${this.#id}.${++this.#lastMark}`;
    this.upstream.publish(withVia(envelope, [...via, spoke.mark]));
  }

  /**
   * Wants a topic for the hub's own listeners.
   *
   * @param topic The topic, the bare type or `*`.
   * @returns Whether the upstream has acknowledged it.
   */
  want(topic: string): boolean {
    this.#wanted.set(topic, false);
    const acknowledged = this.upstream.hold(topic, this);
    if (acknowledged) this.#wanted.set(topic, true);
    return acknowledged;
  }

  /**
   * Does not want a topic for the hub's own listeners any more.
   *
   * @param topic The topic, the bare type or `*`.
   */
  unwant(topic: string): void {
    this.#wanted.delete(topic);
    this.upstream.letGo(topic, this);
  }

  onAcknowledged(topic: string): void {
    this.#wanted.set(topic, true);
    this.#dispatcher.listeners.acknowledge(topic);
  }

  onRefused(topic: string, reason: string): void {
    this.#wanted.delete(topic);
    // The listener is not registered yet if it is refused as soon as it is wanted.
    queueMicrotask(() => {
      // Wanted again meanwhile, it has an answer of its own to wait for.
      if (this.#wanted.has(topic)) return;
      const error = new RefusedError(`The upstream refused "${topic}": ${reason}`, { topic, reason });
      this.#dispatcher.listeners.endTopic(topic, error);
    });
  }

  wants(topic: string): boolean {
    return this.#wanted.has(topic);
  }

  has(topic: string): boolean {
    return this.#wanted.get(topic) === true;
  }

  hear(envelope: EventEnvelope): void {
    this.#dispatcher.emit(envelope);
  }

  onUpstreamEvent(topic: Topic, envelope: EventEnvelope): void {
    this.#fanout.pass(topic, envelope, this);
  }

  onUpstreamGap(gap: ReadonlySet<string>): void {
    for (const spoke of [...this.#owner.spokes]) {
      const topics = [...spoke.topics].filter((topic) => gap.has(topic));
      if (topics.length > 0) spoke.tellGap(topics);
    }
    this.#owner.onBusGap();
  }

  onUpstreamEnd(error: Error | undefined): void {
    this.#owner.onBusEnd(error);
  }

  report(stage: ErrorStage, error: unknown, topic?: string): void {
    this.#owner.report(stage, error, topic);
  }
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
}
