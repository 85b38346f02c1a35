import { describe } from "../../../core/describe.ts";
import type { Dispatcher } from "../../../core/dispatcher.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { RefusedError } from "../../../core/errors.ts";
import type { Readiness } from "../../../core/listener_table.ts";
import { acknowledge, endTopic } from "../../../core/topic_answers.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import type { EventEnvelope, EventTracing, FlushOptions, PubSubEventTarget } from "../../../core/types.ts";
import { MAX_HOPS, type Via, withVia } from "../../../core/via.ts";
import type { Fanout, LocalListeners } from "../outgoing/fanout.ts";
import type { HubCounters } from "../hub_counters.ts";
import type { Routing } from "../routing.ts";
import { NamedTopic } from "../named_topic.ts";
import type { Spoke } from "../spoke.ts";
import { type TopicHolder, Upstream, type UpstreamHost } from "./upstream.ts";
import { UpstreamWatch } from "./upstream_watch.ts";

/** Relays events between a hub's spokes, the listeners of its program and the upstream. */
export class UpstreamRouting implements Routing, LocalListeners, TopicHolder {
  readonly topics: Upstream;
  readonly #dispatcher: Dispatcher;
  readonly #watch: UpstreamWatch;
  readonly #counters: Pick<HubCounters, "handedOver">;
  readonly #tracing: EventTracing | undefined;
  /** Whether the upstream has acknowledged each topic that the program listens to. */
  readonly #local = new TopicMap<boolean>();
  /** Makes the ids of this hub's spokes differ from those of all other hubs. */
  readonly #id = randomId();
  #lastHop = 0;
  /** The `via` of the last spoke: events come in runs of one spoke, and the upstream encodes one object once. */
  #lastVia: Via = [];

  constructor(
    target: PubSubEventTarget,
    dispatcher: Dispatcher,
    fanout: Fanout,
    host: UpstreamHost & { onUpstreamStatus(): void },
    counters: Pick<HubCounters, "handedOver">,
    tracing: EventTracing | undefined,
  ) {
    this.#counters = counters;
    this.#tracing = tracing;
    this.#dispatcher = dispatcher;
    fanout.local = this;
    this.topics = new Upstream(target, host, fanout.relay.bind(fanout));
    this.#watch = new UpstreamWatch(target, () => host.onUpstreamStatus());
  }

  get outageHops(): number {
    return this.#watch.outageHops;
  }

  publish(envelope: EventEnvelope): void {
    this.#counters.handedOver++;
    const { type, id, payload } = envelope;
    // A fresh object: the hubs that this event has passed through elsewhere do not count here.
    const event = { type, id, payload };
    this.#tracing?.inherit(event, envelope);
    this.topics.publish(event);
  }

  /** The sender's `via` is untrusted: only its length is used, and it is echoed to this spoke alone. */
  relayFrom(spoke: Spoke, envelope: EventEnvelope, via: Via = []): boolean {
    if (via.length >= MAX_HOPS) {
      const topic = topicOfEnvelope(envelope);
      const reason = `it has come through ${MAX_HOPS} hubs, so they are upstreams of each other in a circle`;
      const toError = (): Error => new Error(`Cannot publish ${describe(topic)}: ${reason}`);
      spoke.faults.report("publish", toError, topic);
      return false;
    }
    spoke.hopId ??= `${this.#id}.${++this.#lastHop}`;
    this.topics.publish(withVia(envelope, this.#extend(via, spoke.hopId)));
    return true;
  }

  #extend(via: Via, hopId: string): Via {
    if (via.length > 0) return [...via, hopId];
    return this.#lastVia[0] === hopId ? this.#lastVia : this.#lastVia = [hopId];
  }

  onFirstListener(topic: string): Readiness {
    this.#local.set(topic, false);
    if (!this.topics.retain(new NamedTopic(topic), this)) return "pending";
    this.#local.set(topic, true);
    return "ready";
  }

  onLastListener(topic: string): void {
    this.#local.delete(topic);
    this.topics.release(new NamedTopic(topic), this);
  }

  flush(options: FlushOptions | undefined): Promise<void> {
    return this.topics.flush(options);
  }

  stop(): void {
    this.#watch.stop();
    this.topics.stop();
  }

  get size(): number {
    return this.#local.size;
  }

  isWanted(topic: string): boolean {
    return this.#local.has(topic);
  }

  isAcknowledged(topic: string): boolean {
    return this.#local.get(topic) === true;
  }

  emit(envelope: EventEnvelope): void {
    this.#dispatcher.emit(envelope);
  }

  onAcknowledged({ name }: NamedTopic): void {
    this.#local.set(name, true);
    acknowledge(this.#dispatcher.listeners, name);
  }

  onRefused(topic: string, reason: string): void {
    this.#local.delete(topic);
    // Deferred: a listener whose topic is refused at once is not registered yet.
    queueMicrotask(() => {
      // A listener that was added meanwhile waits for an answer of its own.
      if (this.#local.has(topic)) return;
      const error = new RefusedError(`The upstream refused ${describe(topic)}: ${reason}`, { topic, reason });
      endTopic(this.#dispatcher.listeners, topic, error);
    });
  }
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
}
