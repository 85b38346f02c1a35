import type { Entry } from "./entry.ts";

/** The most that is kept, in bytes of events. */
const MAX_BYTES = 1024 * 1024;

/** A page with fewer events is not kept. */
const MIN_EVENTS = 16;

/** The events of a page, and their entries. */
export interface RecentPage<TEvent> {
  readonly entries: readonly Entry[];
  readonly events: readonly TEvent[];
  readonly bytes: number;
}

/** The pages that were read last: readers at the same place get the same events, so that hubs encode their frames once. */
export class RecentPages<TEvent> {
  /** By the first entry. */
  readonly #pages = new Map<Entry, RecentPage<TEvent>>();
  #bytes = 0;

  /** A page that began with an entry. The entries after it can differ by now. */
  get(first: Entry): RecentPage<TEvent> | undefined {
    return this.#pages.get(first);
  }

  /** A page was read. Returns the one that began with the same entry if it is equal, and otherwise replaces it. */
  note(known: RecentPage<TEvent> | undefined, page: RecentPage<TEvent>): RecentPage<TEvent> {
    const { entries: [first], events } = page;
    if (first === undefined || events.length < MIN_EVENTS) return page;
    if (known?.events.length === events.length && known.events.every((event, i) => event === events[i])) {
      return known;
    }
    this.#delete(first);
    this.#pages.set(first, page);
    this.#bytes += page.bytes;
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#delete(oldest);
    }
    return page;
  }

  #delete(first: Entry): void {
    this.#bytes -= this.#pages.get(first)?.bytes ?? 0;
    this.#pages.delete(first);
  }
}
