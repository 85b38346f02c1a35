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
import { Cursor, firstOf, type Start, startOf } from "./read_start.ts";
import type { RecentPage, RecentPages } from "./recent_pages.ts";
import { type Totals, TypeLog, type TypeLogBounds } from "./type_log.ts";

/** The bytes that an entry takes beside its payload. */
const ENTRY_BYTES = 96;

/** How events are made of entries. */
export interface PageForm<TEvent> {
  readonly form: EventForm<TEvent>;
  readonly recent: RecentPages<TEvent>;
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
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
    form: PageForm<TEvent>,
  ): HistoryPage<TEvent> {
    const { type, id } = topic;
    const log = this.#logOf(type);
    if (log.ttlMs < Infinity) log.expire(now());
    const target = { log, id, positions: this.#positions, last: this.#last };
    const { start, left, first } = startOf(target, after, bounds.maxReplay);
    const { latest, strict } = start;
    const floor = latest ? log.latestFloorOf(id) : log.floorOf(id);
    let entry = left === 0 ? undefined : first ?? firstOf(target, start);
    // A reader of a type that is overtaken hears what is kept: its page ends where the next events are missing.
    const isSplit = start instanceof Cursor && id === undefined && !latest && !strict;
    const reported = Math.max(start.at, start.known);
    const missing = isSplit && entry !== undefined ? entry.hole : floor;
    const whole = start.whole ?? reported >= missing;
    const from = whole || !strict ? start.at : this.#last;
    if (from !== start.at) entry = undefined;
    const known = Math.max(start.known, whole && isSplit ? 0 : missing);

    const { entries, events, next } = this.#walk(
      topic,
      entry,
      start,
      isSplit ? known : Infinity,
      bounds,
      form,
    );
    const last = entries.at(-1) ?? (from === start.at ? start.entry : undefined);
    const isLostAtEnd = isSplit && events.length > 0 && log.floorOf(id) > Math.max(known, last?.at ?? 0);
    const done = next === undefined && !isLostAtEnd;
    const reached = done ? this.#last : last?.at ?? from;
    const at = this.#positions.write(reached);
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

  /**
   * Makes events of the entries of a page.
   *
   * @param known Losses beyond this number end the page.
   */
  #walk<TEvent>(
    { type, id }: Topic,
    first: Entry | undefined,
    { latest }: Start,
    known: number,
    { maxEvents, maxBytes }: HistoryPageBounds,
    { form, recent }: PageForm<TEvent>,
  ): { entries: readonly Entry[]; events: readonly TEvent[]; next: Entry | undefined } {
    const entries: Entry[] = [];
    const events: TEvent[] = [];
    let page: RecentPage<TEvent> | undefined;
    let bytes = 0;
    let next = first;
    for (; next !== undefined; next = id === undefined ? next.next : next.nextOfId) {
      if (latest && next.nextOfId !== undefined) continue;
      const { length } = entries;
      if (length === maxEvents || (length > 0 && (bytes + next.bytes > maxBytes || next.hole > known))) break;
      bytes += next.bytes;
      if (length === 0) page = recent.get(next);
      const event = page?.entries[length] === next ? page.events[length] : undefined;
      entries.push(next);
      events.push(event ?? this.#restore(type, next, form));
    }
    const read = recent.note(page, { entries, events, bytes });
    return { entries, events: read.events, next };
  }

  #logOf(type: string): TypeLog {
    const log = this.#logs.get(type);
    if (log !== undefined) return log;
    throw new TypeError(`Cannot use the history of ${JSON.stringify(type)}: the type is not declared`);
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

/** Whole numbers take less memory. */
function now(): number {
  return Math.floor(performance.now());
}
