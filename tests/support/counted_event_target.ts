/** A built-in `EventTarget` that counts the native listeners of its topics. */
export class CountedEventTarget extends EventTarget {
  readonly #listeners = new Map<string, Set<unknown>>();

  /** The number of listeners of a topic, or of all topics. */
  count(topic?: string): number {
    if (topic !== undefined) return this.#listeners.get(topic)?.size ?? 0;
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    const [topic, callback] = args;
    super.addEventListener(...args);
    const callbacks = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, callbacks.add(callback));
  }

  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    const [topic, callback] = args;
    super.removeEventListener(...args);
    this.#listeners.get(topic)?.delete(callback);
  }
}
