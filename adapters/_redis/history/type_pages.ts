import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { Start } from "./cursor.ts";
import type { KeptType } from "./kept_type.ts";
import { type LogEntry, readEntry } from "./log_entry.ts";
import { type LogReader, MAX_READ, MAX_READ_BYTES, type ReadBounds } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";
import { FIRST } from "./open_script.ts";
import { fitting, type Found, numberOf, placeBefore } from "./pages.ts";
import { idOrFirst, type Place, placeOfEntry } from "./place.ts";
import { readEveryEvent } from "./every_event.ts";
import { readStates } from "./states.ts";
import { visibleOf } from "./within_bound.ts";

/** The entries that one script looks at. */
const MAX_LOOKED_AT = 250;

const MIN_LATEST_BYTES = 4096;

/** Reads the events of every id of a type. */
export class TypePages {
  readonly #reader: LogReader;

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  /** Begins with the last events. */
  async startOfLast(kind: KeptType, state: LogState, start: Start, count: number): Promise<Start> {
    if (state.perId === 0) return { ...start, place: placeAfter(state, state.n - count) };
    if (state.perId > 1) return this.#startOfLastWithin(kind, state, start, count);
    let first = "+";
    for (let found = 0;;) {
      const step = Math.min(count - found, MAX_READ);
      const { state: now, rest: [id, size] } = await this.#reader.run(kind, "last", first, step);
      found += Number(size);
      if (id !== "") first = String(id);
      if (found < count && Number(size) === step) continue;
      const n = first === "+" ? now.n : placeOfEntry(first).n - 1;
      const foreign = found < count && now.replaced > FIRST;
      return { ...start, foreign, place: placeAfter(now, Math.max(n, now.hidden)) };
    }
  }

  /** Goes back, past events that their ids have too many after. */
  async #startOfLastWithin(kind: KeptType, known: LogState, start: Start, count: number): Promise<Start> {
    const limits = { count: Math.min(count + 1, MAX_LOOKED_AT), bytes: MAX_READ_BYTES };
    let before: Place | undefined;
    let found = 0;
    let isWithin = true;
    for (;;) {
      const { state, entries } = await this.#reader.before(kind, known, before, limits);
      const kept = entries.filter(({ n }) => n > state.hidden);
      const visible = (await visibleOf(this.#reader, kind, state, kept)).slice(0, count - found);
      found += visible.length;
      const first = visible.at(-1);
      const looked = found < count || first === undefined ? kept : kept.filter(({ n }) => n >= first.n);
      isWithin &&= visible.length === looked.length;
      before = entries.at(-1);
      if (found < count && before !== undefined && before.n > state.hidden) continue;
      const isForgotten = state.replaced > FIRST || state.hidden > FIRST;
      const n = found < count || first === undefined ? Math.max(state.hidden, FIRST) : first.n - 1;
      const foreign = !isWithin || (found < count && isForgotten);
      return { ...start, foreign, within: isWithin ? FIRST : state.n, place: placeAfter(state, n) };
    }
  }

  read(kind: KeptType, state: LogState, start: Start, bounds: HistoryPageBounds): Promise<Found> {
    const isOfStates = state.perId === 1;
    const most = isOfStates ? MAX_LOOKED_AT : MAX_READ;
    const count = Math.max(1, Math.min(bounds.maxEvents, most));
    const limits = { count, bytes: Math.min(2 * bounds.maxBytes, MAX_READ_BYTES) };
    if (!start.latest) return readEveryEvent(this.#reader, kind, state, start, bounds, limits);
    if (isOfStates) return this.#readLatestStates(kind, start, bounds, limits);
    return this.#readLatest(kind, start, bounds, limits.bytes);
  }

  async #readLatest(kind: KeptType, start: Start, bounds: HistoryPageBounds, bytes: number): Promise<Found> {
    /** Up to this number, entries are missing. */
    let highest = FIRST;
    let hasHole = false;
    for (let place = start.place;;) {
      const { state, rest } = await this.#reader.run(
        kind,
        "latest",
        idOrFirst(place),
        MAX_LOOKED_AT,
        // Also a page without events looks for the first one.
        Math.max(bytes, MIN_LATEST_BYTES),
      );
      const [last, found, first, size] = rest;
      if (start.place !== undefined && !state.has(start.place)) {
        return this.#restart(kind, state, start, bounds);
      }
      const all = Array.from(Object(found), (entry) => readEntry(kind.type, entry).at(-1))
        .filter((event): event is LogEntry => event !== undefined && event.n > state.hidden);
      const looked = last === "" ? undefined : placeOfEntry(String(last));
      const ended = looked === undefined || looked.n >= state.n;
      // Entries that are missing at the start were forgotten, as those that are hidden.
      const firstNumber = looked === undefined ? state.n + 1 : Number(first);
      const isTrimmed = firstNumber > Math.max(place?.n ?? FIRST, state.hidden) + 1;
      const isSeamless = looked === undefined || looked.n - firstNumber + 1 === Number(size);
      if (!isSeamless) hasHole = true;
      if (isTrimmed) highest = firstNumber - 1;
      place = looked ?? place;
      if (all.length === 0 && !ended) continue;
      const entries = fitting(all, bounds);
      const known = Math.max(numberOf(start), start.known);
      const floor = Math.max(state.gone, state.lost);
      const missing = Math.max(state.hidden, highest);
      return {
        state,
        entries,
        whole: !hasHole && known >= floor && (known >= missing || known >= await this.#scan(kind, missing)),
        left: entries.length < all.length
          ? entries.at(-1) ?? placeBefore(start, state)
          : ended
          ? undefined
          : place,
        known: Math.max(missing, state.lost),
      };
    }
  }

  /** Of the events up to a number, the highest number of one that is the latest of its id. */
  async #scan(kind: KeptType, hidden: number): Promise<number> {
    let highest = FIRST;
    let cursor = "0";
    do {
      const part = await this.#reader.scan(kind, cursor);
      part.found.forEach((field, i) => {
        const number = i % 2 === 0 && field.startsWith(":") ? parseInt(part.found[i + 1] ?? "") : FIRST;
        if (number <= hidden) highest = Math.max(highest, number);
      });
      cursor = part.cursor;
    } while (cursor !== "0");
    // Ids can have been dropped meanwhile.
    const { state } = await this.#reader.run(kind, "head");
    return Math.max(highest, Math.min(state.gone, hidden));
  }

  async #readLatestStates(
    kind: KeptType,
    start: Start,
    bounds: HistoryPageBounds,
    limits: ReadBounds,
  ): Promise<Found> {
    const { state, entries: all, whole, last, ended } = await readStates(
      this.#reader,
      kind,
      start.place,
      limits,
    );
    if (start.place !== undefined && !state.has(start.place)) {
      return this.#restart(kind, state, start, bounds);
    }
    const kept = all.filter(({ n }) => n > state.hidden);
    const entries = fitting(kept, bounds);
    const floor = Math.max(state.gone, state.lost);
    return {
      state,
      entries,
      whole: whole && Math.max(numberOf(start), start.known) >= floor,
      left: entries.length < kept.length
        ? entries.at(-1) ?? placeBefore(start, state)
        : ended
        ? undefined
        : last,
      known: floor,
    };
  }

  /** The place where a reader of states continues is not known any more: it gets all of them. */
  async #restart(kind: KeptType, state: LogState, start: Start, bounds: HistoryPageBounds): Promise<Found> {
    const found = await this.read(kind, state, { ...start, place: undefined, begun: true }, bounds);
    return { ...found, whole: false };
  }
}

function placeAfter(state: LogState, n: number): Place | undefined {
  return n <= FIRST ? undefined : state.placeOf(n);
}
