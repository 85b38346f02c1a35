import type { Dispatcher } from "../../../core/dispatcher.ts";
import { RefusedError } from "../../../core/errors.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { TopicHolder, TopicSource } from "./topic_source.ts";

/** The listeners of a hub's own program, which receive an event of the upstream once, as a spoke does. */
export class LocalListeners implements TopicHolder {
  readonly #dispatcher: Dispatcher;
  /** Whether the upstream has acknowledged each topic that has listeners. */
  readonly #topics = new Map<string, boolean>();

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Retains a topic for its first listener. Returns `true` if it is acknowledged at once. */
  add(topic: string, source: TopicSource): boolean {
    this.#topics.set(topic, false);
    const acknowledged = source.retain(topic, this);
    if (acknowledged) this.#topics.set(topic, true);
    return acknowledged;
  }

  /** Releases a topic after its last listener. */
  delete(topic: string, source: TopicSource): void {
    this.#topics.delete(topic);
    source.release(topic, this);
  }

  /** Whether exactly this topic has listeners. */
  isWanted(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** Whether exactly this topic has listeners, and the upstream has acknowledged it. */
  isAcknowledged(topic: string): boolean {
    return this.#topics.get(topic) === true;
  }

  /** Delivers an event to the listeners of its topic, of its bare type and of `*`. */
  emit(envelope: EventEnvelope): void {
    this.#dispatcher.emit(envelope);
  }

  onAcknowledged(topic: string): void {
    this.#topics.set(topic, true);
    this.#dispatcher.listeners.acknowledge(topic);
  }

  onRefused(topic: string, reason: string): void {
    this.#topics.delete(topic);
    // Deferred: a listener whose topic is refused at once is not registered yet.
    queueMicrotask(() => {
      // A listener that was added meanwhile waits for an answer of its own.
      if (this.#topics.has(topic)) return;
      const error = new RefusedError(`The upstream refused "${topic}": ${reason}`, { topic, reason });
      this.#dispatcher.listeners.endTopic(topic, error);
    });
  }
}
