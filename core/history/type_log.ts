import { Entry, type IdNode, IdRecord, TimedEntry } from "./entry.ts";
import { IdOrder } from "./id_order.ts";

/** Bounds of the events of one type that are kept. */
export interface HistoryBounds {
  /**
   * The largest number of events of one id.
   *
   * @default Infinity
   */
  readonly perId?: number;
  /**
   * The largest number of events of the type.
   *
   * @default Infinity
   */
  readonly perType?: number;
  /**
   * How long an event is kept, in milliseconds. No timer is set: older events are forgotten when the history is used.
   *
   * @default Infinity
   */
  readonly ttlMs?: number;
}

/** The bounds of a {@linkcode TypeLog}. */
export interface TypeLogBounds extends Required<HistoryBounds> {
  readonly maxIds: number;
}

/** The numbers of several logs together. */
export interface Totals {
  events: number;
  bytes: number;
  ids: number;
  forgotten: number;
}

/**
 * The kept events of one type, in publish order, and the highest numbers of those that were forgotten: by id, by type, and
 * for ids whose records were dropped. An event is forgotten only after all older ones of its id.
 */
export class TypeLog {
  oldest: Entry | undefined;
  newest: Entry | undefined;
  readonly #bounds: TypeLogBounds;
  readonly #totals: Totals;
  readonly #ids = new IdOrder();
  #count = 0;
  #floor = 0;
  /** As {@linkcode #floor}, of events that were the latest of their id. */
  #latestFloor = 0;
  /** The highest floor of the ids that were dropped. */
  #goneFloor = 0;

  constructor(bounds: TypeLogBounds, totals: Totals) {
    this.#bounds = bounds;
    this.#totals = totals;
  }

  get ttlMs(): number {
    return this.#bounds.ttlMs;
  }

  append(id: string, at: number, kept: unknown, bytes: number, time: number): Entry {
    const known = this.#take(id);
    // Not 0: the id may have been known before.
    const floor = known?.floor ?? this.#goneFloor;
    const hole = this.#floor > (this.newest?.at ?? 0) ? this.#floor : 0;
    const entry = this.ttlMs === Infinity
      ? new Entry(id, floor, hole, at, kept, bytes)
      : new TimedEntry(time, id, floor, hole, at, kept, bytes);
    const node = known?.with(entry) ?? entry;
    this.#ids.push(node, known);
    if (this.newest === undefined) this.oldest = entry;
    else {
      entry.previous = this.newest;
      this.newest.next = entry;
    }
    this.newest = entry;
    this.#count++;
    this.#totals.events++;
    this.#totals.bytes += bytes;
    if (node.count > this.#bounds.perId) this.#forget(node.oldest);
    if (this.#count > this.#bounds.perType) this.forgetOldest();
    return entry;
  }

  forgetOldest(): void {
    this.#forget(this.oldest);
  }

  /** Forgets the events that are too old. */
  expire(now: number): void {
    while (this.oldest instanceof TimedEntry && now - this.oldest.time >= this.#bounds.ttlMs) {
      this.#forget(this.oldest);
    }
  }

  forgetId(id: string): void {
    for (let node = this.#ids.get(id); node?.oldest !== undefined; node = this.#ids.get(id)) {
      this.#forget(node.oldest);
    }
  }

  forgetAll(): void {
    while (this.#ids.first !== undefined) this.#drop(this.#ids.first.id);
  }

  /** The highest number of a forgotten event of an id, or of any id. */
  floorOf(id: string | undefined): number {
    return id === undefined ? this.#floor : this.#ids.get(id)?.floor ?? this.#goneFloor;
  }

  /** The highest number of a forgotten event that was the latest of its id. An id that has events has its latest. */
  latestFloorOf(id: string | undefined): number {
    if (id === undefined) return this.#latestFloor;
    return this.#ids.get(id)?.newest === undefined ? this.floorOf(id) : 0;
  }

  /** The first kept event after a number: of an id, or of any. */
  firstAfter(id: string | undefined, at: number): Entry | undefined {
    const oldest = id === undefined ? this.oldest : this.#ids.get(id)?.oldest;
    if (oldest === undefined || oldest.at > at) return oldest;
    return this.lastAfter(id, at, Infinity).first;
  }

  /**
   * The last kept events after a number, at most `count` of them: of an id, or of any. From the end: it takes as many steps as
   * events will be read, however many are kept.
   *
   * @param latest Whether each id has only its latest one.
   */
  lastAfter(
    id: string | undefined,
    at: number,
    count: number,
    latest = false,
  ): { first: Entry | undefined; found: number; isAll: boolean } {
    let first: Entry | undefined;
    let found = 0;
    // The newest event is the latest of its id.
    let entry = id === undefined ? this.newest : this.#ids.get(id)?.newest;
    while (entry !== undefined && entry.at > at) {
      if (found === count) return { first, found, isAll: false };
      first = entry;
      found++;
      entry = latest ? latestBefore(entry, id) : id === undefined ? entry.previous : entry.previousOfId;
    }
    return { first, found, isAll: true };
  }

  /** Takes an id out of the order, or makes room for another one. */
  #take(id: string): IdNode | undefined {
    const known = this.#ids.get(id);
    if (known !== undefined) this.#ids.unlink(known);
    else {
      const { first, size } = this.#ids;
      if (size >= this.#bounds.maxIds && first !== undefined) this.#drop(first.id);
      this.#totals.ids++;
    }
    return known;
  }

  #drop(id: string): void {
    this.forgetId(id);
    const node = this.#ids.get(id);
    if (node === undefined) return;
    this.#goneFloor = Math.max(this.#goneFloor, node.floor);
    this.#ids.delete(node);
    this.#totals.ids--;
  }

  /** Forgets the oldest event of an id. */
  #forget(entry: Entry | undefined): void {
    if (entry?.owner === undefined) return;
    const { at, previous, next, record } = entry;
    this.#floor = Math.max(this.#floor, at);
    if (record === undefined) {
      this.#latestFloor = Math.max(this.#latestFloor, at);
      this.#ids.replace(entry, new IdRecord(entry.id, at));
    } else {
      record.shift();
      const only = record.release();
      if (only !== undefined) this.#ids.replace(record, only);
    }
    if (previous === undefined) this.oldest = next;
    else previous.next = next;
    if (next === undefined) this.newest = previous;
    else {
      next.previous = previous;
      next.hole = Math.max(next.hole, at);
    }
    entry.owner =
      entry.next =
      entry.previous =
      entry.before =
      entry.after =
        undefined;
    this.#count--;
    this.#totals.events--;
    this.#totals.bytes -= entry.bytes;
    this.#totals.forgotten++;
  }
}

/** The latest event of the id whose latest one came before; of one id, there is no other. */
function latestBefore({ node }: Entry, id: string | undefined): Entry | undefined {
  let before = id === undefined ? node.before : undefined;
  while (before !== undefined && before.newest === undefined) before = before.before;
  return before?.newest;
}
