/** An id of a type, as far as events of it are known: its only event, or else a record. */
export type IdNode = Entry | IdRecord;

/** The last events after a number, at most so many of them. */
export interface LastEvents {
  readonly first: Entry | undefined;
  readonly found: number;
  /** Whether these are all events after the number. */
  readonly isAll: boolean;
}

export const NO_EVENTS: LastEvents = { first: undefined, found: 0, isAll: true };

/** Each event of an id whose place is the last of so many is marked. A search walks over fewer than these. */
const STRIDE = 16;

const NO_MARKS: readonly never[] = [];

/**
 * A kept event. The only event of an id stands for the id, which needs no record. Forgotten entries have no neighbours, so
 * that a cursor at one of them keeps no other one alive.
 */
export class Entry {
  next: Entry | undefined;
  previous: Entry | undefined;
  /** Where it stands for its id: the id before that. */
  before: IdNode | undefined;
  /** The next event of its id; where it stands for its id, the id after that. */
  after: IdNode | undefined;
  /** The record of its id, the id that it stands for, or `undefined` once the event is forgotten. */
  owner: IdRecord | string | undefined;
  /** The floor of its id: the highest number of a forgotten event of the id. */
  floor: number;
  /** The highest number of a forgotten event of the type between the entry before and this one; 0 without one. */
  hole: number;
  readonly at: number;
  readonly kept: unknown;
  readonly bytes: number;

  constructor(id: string, floor: number, hole: number, at: number, kept: unknown, bytes: number) {
    this.next = undefined;
    this.previous = undefined;
    this.before = undefined;
    this.after = undefined;
    this.owner = id;
    this.floor = floor;
    this.hole = hole;
    this.at = at;
    this.kept = kept;
    this.bytes = bytes;
  }

  get record(): IdRecord | undefined {
    return typeof this.owner === "object" ? this.owner : undefined;
  }

  get id(): string {
    const { owner } = this;
    return typeof owner === "object" ? owner.id : owner ?? "";
  }

  /** What stands for its id. */
  get node(): IdNode {
    return this.record ?? this;
  }

  get nextOfId(): Entry | undefined {
    return this.record !== undefined && this.after instanceof Entry ? this.after : undefined;
  }

  get count(): number {
    return 1;
  }

  get oldest(): Entry {
    return this;
  }

  get newest(): Entry {
    return this;
  }

  /** The last events of its id after a number. */
  lastAfter(at: number, count: number): LastEvents {
    if (this.at <= at) return NO_EVENTS;
    return count === 0 ? { ...NO_EVENTS, isAll: false } : { first: this, found: 1, isAll: true };
  }

  /** What stands for its id, which has another event now. Both are in no order. */
  with(entry: Entry): IdNode {
    const record = new IdRecord(this.id, this.floor);
    record.push(this);
    record.push(entry);
    return record;
  }
}

/** An entry of a type whose events become too old. */
export class TimedEntry extends Entry {
  readonly time: number;

  constructor(time: number, ...entry: ConstructorParameters<typeof Entry>) {
    super(...entry);
    this.time = time;
  }
}

/** An id that has several events, or none. It outlives its events, so that a loss stays known. */
export class IdRecord {
  readonly id: string;
  /** The highest number of an event that was forgotten; at least that of ids that were dropped before. */
  floor: number;
  oldest: Entry | undefined;
  newest: Entry | undefined;
  before: IdNode | undefined;
  after: IdNode | undefined;
  /** The marked events. They lie apart in memory, so that a walk over all events would take longer than to send them. */
  #marks: Entry[] | undefined;
  /** The places of the oldest event, and of the next one. */
  #begin = 0;
  #end = 0;

  constructor(id: string, floor: number) {
    this.id = id;
    this.floor = floor;
  }

  get count(): number {
    return this.#end - this.#begin;
  }

  /** What stands for the id, which has another event now. */
  with(entry: Entry): IdNode {
    // The first event has the floor already.
    if (this.count === 0) return entry;
    this.push(entry);
    return this;
  }

  push(entry: Entry): void {
    entry.owner = this;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.after = entry;
    this.newest = entry;
    if (++this.#end % STRIDE === 0) (this.#marks ??= []).push(entry);
  }

  /** Takes the oldest event out, which is forgotten. */
  shift(): void {
    if (this.oldest === undefined) return;
    this.floor = this.oldest.at;
    this.oldest = this.oldest.nextOfId;
    if (++this.#begin % STRIDE === 0) this.#marks?.shift();
  }

  /** Takes the only event out, which stands for the id from now on. */
  release(): Entry | undefined {
    const entry = this.count === 1 ? this.oldest : undefined;
    if (entry === undefined) return undefined;
    entry.owner = this.id;
    entry.floor = this.floor;
    return entry;
  }

  /** The last events after a number, at most `count` of them. */
  lastAfter(at: number, count: number): LastEvents {
    const marks = this.#marks ?? NO_MARKS;
    let [low, high] = [0, marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((marks[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    let { entry, place } = this.#behind(low);
    for (; entry !== undefined && entry.at <= at; entry = entry.nextOfId) place++;
    const found = this.#end - place;
    if (found <= count) return { first: entry, found, isAll: true };
    return { first: this.#at(this.#end - count), found: count, isAll: false };
  }

  /** The event at a place. */
  #at(wanted: number): Entry | undefined {
    const passed = Math.floor(wanted / STRIDE) - Math.floor(this.#begin / STRIDE);
    let { entry, place } = this.#behind(passed);
    for (; place < wanted; place++) entry = entry?.nextOfId;
    return entry;
  }

  /** The first event behind so many marks. */
  #behind(marks: number): { entry: Entry | undefined; place: number } {
    if (marks === 0) return { entry: this.oldest, place: this.#begin };
    const place = (Math.floor(this.#begin / STRIDE) + marks) * STRIDE;
    return { entry: this.#marks?.[marks - 1]?.nextOfId, place };
  }
}
