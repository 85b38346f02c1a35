/** An id of a type, as far as events of it are known: its only event, or else a record. */
export type IdNode = Entry | IdRecord;

/**
 * A kept event. The only event of an id stands for the id, which needs no record. Forgotten entries have no neighbours, so
 * that a cursor at one of them keeps no other one alive.
 */
export class Entry {
  next: Entry | undefined;
  previous: Entry | undefined;
  /** The events of its id before and after it; where it stands for its id, the ids before and after that. */
  before: IdNode | undefined;
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

  get previousOfId(): Entry | undefined {
    return this.record !== undefined && this.before instanceof Entry ? this.before : undefined;
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
  count = 0;
  oldest: Entry | undefined;
  newest: Entry | undefined;
  before: IdNode | undefined;
  after: IdNode | undefined;

  constructor(id: string, floor: number) {
    this.id = id;
    this.floor = floor;
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
    entry.before = this.newest;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.after = entry;
    this.newest = entry;
    this.count++;
  }

  /** Takes the oldest event out, which is forgotten. */
  shift(): void {
    if (this.oldest === undefined) return;
    this.floor = this.oldest.at;
    this.oldest = this.oldest.nextOfId;
    if (this.oldest !== undefined) this.oldest.before = undefined;
    this.count--;
  }

  /** Takes the only event out, which stands for the id from now on. */
  release(): Entry | undefined {
    const entry = this.count === 1 ? this.oldest : undefined;
    if (entry === undefined) return undefined;
    entry.owner = this.id;
    entry.floor = this.floor;
    return entry;
  }
}
