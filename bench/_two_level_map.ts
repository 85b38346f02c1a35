import type { EventEnvelope } from "../mod.ts";

type Listener = (envelope: EventEnvelope) => void;

/** What a program would write by hand: listeners by type, then by id, and nothing else. */
export class TwoLevelMap {
  readonly #types = new Map<string, Map<string, Set<Listener>>>();

  /**
   * Adds a listener.
   *
   * @param type The event type.
   * @param id The id.
   * @param listener Hears envelopes.
   * @returns A function that removes it, and forgets the topic with its last one.
   */
  listen(type: string, id: string, listener: Listener): () => void {
    const ids = this.#types.get(type) ?? new Map<string, Set<Listener>>();
    const listeners = ids.get(id) ?? new Set();
    this.#types.set(type, ids.set(id, listeners.add(listener)));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) ids.delete(id);
      if (ids.size === 0) this.#types.delete(type);
    };
  }

  /**
   * Calls the listeners.
   *
   * @param type The event type.
   * @param id The id.
   * @param payload The payload.
   */
  publish(type: string, id: string, payload: unknown): void {
    const listeners = this.#types.get(type)?.get(id);
    if (listeners === undefined) return;
    const envelope: EventEnvelope = { type, id, payload };
    for (const listener of listeners) listener(envelope);
  }
}
