import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistoryStats,
  Position,
} from "../history_source.ts";
import type { Topic } from "../topic.ts";
import type { Entry } from "./entry.ts";
import type { EventForm } from "./event_form.ts";
import { Positions } from "./positions.ts";
import { type Totals, TypeLog, type TypeLogBounds } from "./type_log.ts";

/** The bytes that an entry takes beside its payload. */
const ENTRY_BYTES = 96;

/** Where a read begins. */
interface Start {
  readonly at: number;
  /** Whether each id has only its latest event. */
  readonly latest: boolean;
  /** Whether nothing is replayed where something is missing. */
  readonly strict: boolean;
  /** Forgotten events up to this number have been reported. */
  readonly known: number;
  /** Whether nothing is missing, if that is known already. */
  readonly whole?: boolean;
  /** The entry of `at`, or one before it with nothing between. */
  readonly entry?: Entry | undefined;
}

class Cursor implements HistoryCursor, Start {
  readonly after: Position;
  readonly at: number;
  readonly latest: boolean;
  readonly strict: boolean;
  readonly known: number;
  readonly entry: Entry | undefined;
  readonly log: TypeLog;
  readonly id: string | undefined;

  constructor(after: Position, start: Start, log: TypeLog, id: string | undefined) {
    this.after = after;
    this.at = start.at;
    this.latest = start.latest;
    this.strict = start.strict;
    this.known = start.known;
    this.entry = start.entry;
    this.log = log;
    this.id = id;
  }
}

/** The logs of all declared types. One counter numbers their events, so that a number also orders events of two types. */
export class MemoryLog {
  readonly #logs: ReadonlyMap<string, TypeLog>;
  readonly #maxBytes: number;
  readonly #totals: Totals = { events: 0, bytes: 0, ids: 0, forgotten: 0 };
  readonly #positions = new Positions();
  #last = 0;
  #replayed = 0;
  /** The time of the events of this turn of the event loop. */
  #turnTime: number | undefined;

  constructor(bounds: ReadonlyMap<string, TypeLogBounds>, maxBytes: number) {
    this.#logs = new Map(Array.from(bounds, ([type, bounds]) => [type, new TypeLog(bounds, this.#totals)]));
    this.#maxBytes = maxBytes;
  }

  stats(): HistoryStats {
    for (const log of this.#logs.values()) log.expire(now());
    return { ...this.#totals, appended: this.#last, replayed: this.#replayed };
  }

  declares(type: string): boolean {
    return this.#logs.has(type);
  }

  head(): Position {
    return this.#positions.write(this.#last);
  }

  isAfter(position: Position, other: Position): boolean {
    return (this.#positions.read(position) ?? -1) > (this.#positions.read(other) ?? -1);
  }

  /** Keeps what was made of an event of a declared type, and returns its position. */
  append(type: string, id: string, kept: unknown, bytes: number): Position {
    const log = this.#logOf(type);
    const time = log.ttlMs === Infinity ? 0 : this.#timeOfTurn();
    log.expire(time);
    const at = ++this.#last;
    log.append(id, at, kept, bytes + ENTRY_BYTES, time);
    while (this.#totals.bytes > this.#maxBytes) this.#forgetOldest();
    return this.#positions.write(at);
  }

  forget(type: string, id: string | undefined): void {
    const log = this.#logOf(type);
    if (id === undefined) log.forgetAll();
    else log.forgetId(id);
  }

  read<TEvent>(
    { type, id }: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
    form: EventForm<TEvent>,
  ): HistoryPage<TEvent> {
    const log = this.#logOf(type);
    if (log.ttlMs < Infinity) log.expire(now());
    const { start, left, first } = this.#bounded(log, id, after, bounds.maxReplay);
    const { latest, strict } = start;
    const floor = latest ? log.latestFloorOf(id) : log.floorOf(id);
    const whole = start.whole ?? Math.max(start.at, start.known) >= floor;
    const from = whole || !strict ? start.at : this.#last;

    const events: TEvent[] = [];
    let bytes = 0;
    let last = from === start.at ? start.entry : undefined;
    let entry = left === 0 || from !== start.at ? undefined : first ?? nextOf(log, id, start);
    for (; entry !== undefined; entry = id === undefined ? entry.next : entry.nextOfId) {
      if (latest && entry.nextOfId !== undefined) continue;
      bytes += entry.bytes;
      if (events.length === bounds.maxEvents || (bytes > bounds.maxBytes && events.length > 0)) break;
      events.push(this.#restore(type, entry, form));
      last = entry;
    }
    const done = entry === undefined;
    const reached = done ? this.#last : last?.at ?? from;
    const at = this.#positions.write(reached);
    const known = Math.max(start.known, floor);
    this.#replayed += events.length;
    return {
      events,
      from: this.#positions.write(from),
      at,
      whole,
      done,
      next: new Cursor(at, { at: reached, latest, strict, known: strict ? 0 : known, entry: last }, log, id),
      ...(left !== undefined && { left: whole || !strict ? left - events.length : 0 }),
    };
  }

  #logOf(type: string): TypeLog {
    const log = this.#logs.get(type);
    if (log !== undefined) return log;
    throw new TypeError(`Cannot use the history of ${JSON.stringify(type)}: the type is not declared`);
  }

  #startOf(
    log: TypeLog,
    id: string | undefined,
    after: HistoryFrom | HistoryCursor,
    maxReplay: number,
  ): Start {
    if (after instanceof Cursor && after.log === log && after.id === id) return after;
    if (after === "now") return { at: this.#last, latest: false, strict: true, known: 0, whole: true };
    if (after === "start" || after === "latest") {
      return { at: 0, latest: after === "latest", strict: false, known: 0 };
    }
    if (typeof after === "object" && "last" in after) {
      return this.#startOfLast(log, id, after.last, maxReplay);
    }
    const latest = typeof after === "object" && "latest" in after;
    const position = typeof after === "string" ? after : "latest" in after ? after.latest : after.after;
    const at = this.#positions.read(position);
    return at !== undefined && at <= this.#last
      ? { at, latest, strict: !latest, known: 0 }
      : { at: 0, latest, strict: !latest, known: 0, whole: false };
  }

  #startOfLast(log: TypeLog, id: string | undefined, count: number, maxReplay: number): Start {
    const { first, found, isAll } = log.lastAfter(id, 0, Math.min(count, maxReplay));
    const floor = log.floorOf(id);
    return {
      at: first === undefined ? this.#last : first.at - 1,
      latest: false,
      strict: false,
      known: 0,
      // Events between the kept ones may be forgotten.
      whole: floor === 0
        ? isAll || found === count
        : found === count && first !== undefined && first.at > floor,
    };
  }

  /** Bounds a read that begins. With more events than it may have, it is not whole, and has the last of them, if any. */
  #bounded(
    log: TypeLog,
    id: string | undefined,
    after: HistoryFrom | HistoryCursor,
    maxReplay: number | undefined,
  ): { start: Start; left?: number; first?: Entry | undefined } {
    const start = this.#startOf(log, id, after, maxReplay ?? Infinity);
    if (maxReplay === undefined || start instanceof Cursor) return { start };
    const { first, found, isAll } = log.lastAfter(id, start.at, maxReplay, start.latest);
    if (isAll) return { start, left: found, first };
    const at = first === undefined ? this.#last : first.at - 1;
    return { start: { ...start, at, whole: false }, left: found, first };
  }

  #restore<TEvent>(type: string, entry: Entry, form: EventForm<TEvent>): TEvent {
    return form.restore(
      type,
      entry.id,
      entry.kept,
      entry.bytes - ENTRY_BYTES,
      this.#positions.write(entry.at),
    );
  }

  /** Forgets the oldest event of all types. */
  #forgetOldest(): void {
    let oldest: TypeLog | undefined;
    for (const log of this.#logs.values()) {
      if (log.oldest !== undefined && log.oldest.at < (oldest?.oldest?.at ?? Infinity)) oldest = log;
    }
    oldest?.forgetOldest();
  }

  #timeOfTurn(): number {
    if (this.#turnTime === undefined) {
      this.#turnTime = now();
      queueMicrotask(() => this.#turnTime = undefined);
    }
    return this.#turnTime;
  }
}

function nextOf(log: TypeLog, id: string | undefined, { at, entry }: Start): Entry | undefined {
  if (entry?.owner === undefined) return log.firstAfter(id, at);
  return id === undefined ? entry.next : entry.nextOfId;
}

/** Whole numbers take less memory. */
function now(): number {
  return Math.floor(performance.now());
}
