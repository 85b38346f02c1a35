import type { Readiness } from "../../../core/listener_table.ts";
import type { Dispatcher } from "../../../core/dispatcher.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import type { EventEnvelope, FlushOptions, PubSubEventTarget } from "../../../core/types.ts";
import { MAX_HOPS, type Via, withVia } from "../../../core/via.ts";
import type { Fanout } from "../outgoing/fanout.ts";
import type { Routing } from "../routing.ts";
import type { Spoke } from "../spoke.ts";
import { LocalListeners } from "./local_listeners.ts";
import type { TopicSource } from "./topic_source.ts";
import { Upstream, type UpstreamHost } from "./upstream.ts";

/** Relays events between a hub's spokes, its own listeners and the upstream. */
export class UpstreamRouting implements Routing {
  readonly #upstream: Upstream;
  readonly #local: LocalListeners;
  /** Makes the ids of this hub's spokes differ from those of all other hubs. */
  readonly #id = randomId();
  #lastHop = 0;

  constructor(target: PubSubEventTarget, dispatcher: Dispatcher, fanout: Fanout, host: UpstreamHost) {
    const local = this.#local = new LocalListeners(dispatcher);
    this.#upstream = new Upstream(target, host, (topic, envelope) => fanout.relay(topic, envelope, local));
  }

  get topics(): TopicSource {
    return this.#upstream;
  }

  publish({ type, id, payload }: EventEnvelope): void {
    // A fresh object: the hubs that this event has passed through elsewhere do not count here.
    this.#upstream.publish({ type, id, payload });
  }

  /** The sender's `via` is untrusted: only its length is used, and it is echoed to this spoke alone. */
  relayFrom(spoke: Spoke, envelope: EventEnvelope, via: Via = []): void {
    if (via.length >= MAX_HOPS) {
      const topic = topicOfEnvelope(envelope);
      const reason = `it has come through ${MAX_HOPS} hubs, so they are upstreams of each other in a circle`;
      return spoke.report("publish", new Error(`Cannot publish "${topic}": ${reason}`), topic);
    }
    spoke.hopId ??= `${this.#id}.${++this.#lastHop}`;
    this.#upstream.publish(withVia(envelope, [...via, spoke.hopId]));
  }

  onFirstListener(topic: string): Readiness {
    return this.#local.add(topic, this.#upstream) ? "ready" : "pending";
  }

  onLastListener(topic: string): void {
    this.#local.delete(topic, this.#upstream);
  }

  flush(options: FlushOptions | undefined): Promise<void> {
    return this.#upstream.flush(options);
  }

  stop(): void {
    this.#upstream.stop();
  }
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
}
