import type { EventEnvelope } from "../mod.ts";

type Listener = (envelope: EventEnvelope) => void;

/** A hand-written registry: listeners by type, then by id, and nothing else. */
export class TwoLevelMap {
  readonly #types = new Map<string, Map<string, Set<Listener>>>();

  /** Adds a listener. */
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

  /** Calls the listeners. */
  publish(type: string, id: string, payload: unknown): void {
    const listeners = this.#types.get(type)?.get(id);
    if (listeners === undefined) return;
    const envelope: EventEnvelope = { type, id, payload };
    for (const listener of listeners) listener(envelope);
  }
}
