import { RingBuffer } from "../../core/ring_buffer.ts";
import { type Link, LinkedList } from "./linked_list.ts";

/** A value that waits for one with the same key. */
interface Entry<TKey, T> {
  readonly key: TKey;
  readonly value: T;
  readonly at: number;
}

/**
 * The values of one side of a join that have no partner yet. The oldest are forgotten by time and by number.
 */
export class Unmatched<TKey, T> {
  readonly #withinMs: number;
  readonly #capacity: number;
  readonly #byKey = new Map<TKey, RingBuffer<Link<Entry<TKey, T>>>>();
  #entries = new LinkedList<Entry<TKey, T>>();
  #size = 0;

  constructor(withinMs: number, capacity: number) {
    this.#withinMs = withinMs;
    this.#capacity = capacity;
  }

  /** Keeps a value. */
  add(key: TKey, value: T): void {
    const links = this.#byKey.get(key) ?? new RingBuffer();
    this.#byKey.set(key, links);
    links.push(this.#entries.append({ key, value, at: performance.now() }));
    this.#size++;
    this.#expire();
  }

  /** Takes the oldest value of a key. */
  take(key: TKey): { readonly value: T } | undefined {
    this.#expire();
    return this.#shift(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries = new LinkedList();
    this.#byKey.clear();
  }

  /** Forgets what is too old, or one too many. The oldest of all is the oldest of its key, too. */
  #expire(): void {
    const keptSince = performance.now() - this.#withinMs;
    for (let { first } = this.#entries; first !== undefined; { first } = this.#entries) {
      if (this.#size <= this.#capacity && first.item.at >= keptSince) return;
      this.#shift(first.item.key);
    }
  }

  #shift(key: TKey): Entry<TKey, T> | undefined {
    const links = this.#byKey.get(key);
    const link = links?.shift();
    if (links === undefined || link === undefined) return undefined;
    this.#entries.remove(link);
    this.#size--;
    if (links.size === 0) this.#byKey.delete(key);
    return link.item;
  }
}
