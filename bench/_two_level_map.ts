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
   */
  listen(type: string, id: string, listener: Listener): void {
    let ids = this.#types.get(type);
    if (ids === undefined) this.#types.set(type, ids = new Map());
    const listeners = ids.get(id);
    if (listeners === undefined) ids.set(id, new Set([listener]));
    else listeners.add(listener);
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
