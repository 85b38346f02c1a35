import { Entry, IdRecord } from "./entry.ts";

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

/** What several logs hold together. */
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
  readonly #records = new Map<string, IdRecord>();
  #leastRecent: IdRecord | undefined;
  #mostRecent: IdRecord | undefined;
  #count = 0;
  #floor = 0;
  /** As {@linkcode #floor}, of events that were the latest of their id. */
  #latestFloor = 0;
  /** The highest floor of the records that were dropped. */
  #goneFloor = 0;

  constructor(bounds: TypeLogBounds, totals: Totals) {
    this.#bounds = bounds;
    this.#totals = totals;
  }

  get ttlMs(): number {
    return this.#bounds.ttlMs;
  }

  append(id: string, at: number, kept: unknown, bytes: number, time: number): Entry {
    const record = this.#recordOf(id);
    const entry = new Entry(record, at, kept, bytes, time);
    if (this.newest === undefined) this.oldest = entry;
    else {
      entry.previous = this.newest;
      this.newest.next = entry;
    }
    this.newest = entry;
    if (record.newest === undefined) record.oldest = entry;
    else {
      entry.previousOfId = record.newest;
      record.newest.nextOfId = entry;
    }
    record.newest = entry;
    record.count++;
    this.#count++;
    this.#totals.events++;
    this.#totals.bytes += bytes;
    if (record.count > this.#bounds.perId) this.#forget(record.oldest);
    if (this.#count > this.#bounds.perType) this.forgetOldest();
    return entry;
  }

  forgetOldest(): void {
    this.#forget(this.oldest);
  }

  /** Forgets the events that are too old. */
  expire(now: number): void {
    while (this.oldest !== undefined && now - this.oldest.time >= this.#bounds.ttlMs) {
      this.#forget(this.oldest);
    }
  }

  forgetId(id: string): void {
    const record = this.#records.get(id);
    if (record !== undefined) this.#forgetEventsOf(record);
  }

  forgetAll(): void {
    while (this.#leastRecent !== undefined) this.#drop(this.#leastRecent);
  }

  /** The highest number of a forgotten event of an id, or of any id. */
  floorOf(id: string | undefined): number {
    return id === undefined ? this.#floor : this.#records.get(id)?.floor ?? this.#goneFloor;
  }

  /** The highest number of a forgotten event that was the latest of its id. An id that has events has its latest. */
  latestFloorOf(id: string | undefined): number {
    if (id === undefined) return this.#latestFloor;
    return this.#records.get(id)?.newest === undefined ? this.floorOf(id) : 0;
  }

  /** The first kept event after a number: of an id, or of any. */
  firstAfter(id: string | undefined, at: number): Entry | undefined {
    const oldest = id === undefined ? this.oldest : this.#records.get(id)?.oldest;
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
    let entry = id === undefined ? this.newest : this.#records.get(id)?.newest;
    while (entry !== undefined && entry.at > at) {
      if (found === count) return { first, found, isAll: false };
      first = entry;
      found++;
      entry = latest ? latestBefore(entry, id) : id === undefined ? entry.previous : entry.previousOfId;
    }
    return { first, found, isAll: true };
  }

  /** Finds or makes the record of an id that gets an event. */
  #recordOf(id: string): IdRecord {
    const known = this.#records.get(id);
    if (known !== undefined) {
      if (known !== this.#mostRecent) {
        this.#unlink(known);
        this.#link(known);
      }
      return known;
    }
    if (this.#records.size >= this.#bounds.maxIds && this.#leastRecent !== undefined) {
      this.#drop(this.#leastRecent);
    }
    // Not 0: the id may have had a record before.
    const record = new IdRecord(id, this.#goneFloor);
    this.#records.set(id, record);
    this.#totals.ids++;
    this.#link(record);
    return record;
  }

  #link(record: IdRecord): void {
    record.older = this.#mostRecent;
    if (this.#mostRecent === undefined) this.#leastRecent = record;
    else this.#mostRecent.newer = record;
    this.#mostRecent = record;
  }

  #unlink(record: IdRecord): void {
    const { older, newer } = record;
    if (older === undefined) this.#leastRecent = newer;
    else older.newer = newer;
    if (newer === undefined) this.#mostRecent = older;
    else newer.older = older;
    record.older = record.newer = undefined;
  }

  #drop(record: IdRecord): void {
    this.#forgetEventsOf(record);
    this.#goneFloor = Math.max(this.#goneFloor, record.floor);
    this.#unlink(record);
    this.#records.delete(record.id);
    this.#totals.ids--;
  }

  #forgetEventsOf(record: IdRecord): void {
    while (record.oldest !== undefined) this.#forget(record.oldest);
  }

  /** Forgets the oldest event of an id. */
  #forget(entry: Entry | undefined): void {
    const record = entry?.record;
    if (entry === undefined || record === undefined) return;
    const { at, previous, next } = entry;
    record.floor = at;
    record.oldest = entry.nextOfId;
    record.count--;
    this.#floor = Math.max(this.#floor, at);
    if (record.oldest === undefined) {
      record.newest = undefined;
      this.#latestFloor = Math.max(this.#latestFloor, at);
    } else record.oldest.previousOfId = undefined;
    if (previous === undefined) this.oldest = next;
    else previous.next = next;
    if (next === undefined) this.newest = previous;
    else next.previous = previous;
    entry.record =
      entry.next =
      entry.previous =
      entry.nextOfId =
        undefined;
    this.#count--;
    this.#totals.events--;
    this.#totals.bytes -= entry.bytes;
    this.#totals.forgotten++;
  }
}

/** The latest event of the id whose latest one came before; of one id, there is no other. */
function latestBefore({ record }: Entry, id: string | undefined): Entry | undefined {
  let older = id === undefined ? record?.older : undefined;
  while (older !== undefined && older.newest === undefined) older = older.older;
  return older?.newest;
}
