/** A kept event. Forgotten entries have no neighbours, so that a cursor at one of them keeps no other one alive. */
export class Entry {
  next: Entry | undefined;
  previous: Entry | undefined;
  nextOfId: Entry | undefined;
  previousOfId: Entry | undefined;
  /** `undefined` once the event is forgotten. */
  record: IdRecord | undefined;
  readonly at: number;
  readonly kept: unknown;
  readonly bytes: number;
  readonly time: number;

  constructor(record: IdRecord, at: number, kept: unknown, bytes: number, time: number) {
    this.next = undefined;
    this.previous = undefined;
    this.nextOfId = undefined;
    this.previousOfId = undefined;
    this.record = record;
    this.at = at;
    this.kept = kept;
    this.bytes = bytes;
    this.time = time;
  }
}

/** The kept events of one id. A record outlives its events, so that a loss stays known. */
export class IdRecord {
  readonly id: string;
  /** The highest number of an event that was forgotten; at least that of ids whose records were dropped before. */
  floor: number;
  count = 0;
  oldest: Entry | undefined;
  newest: Entry | undefined;
  /** The neighbours in the order of the last events. */
  older: IdRecord | undefined;
  newer: IdRecord | undefined;

  constructor(id: string, floor: number) {
    this.id = id;
    this.floor = floor;
  }
}
