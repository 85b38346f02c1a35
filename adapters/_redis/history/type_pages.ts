import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { Start } from "./cursor.ts";
import type { KeptType } from "./kept_type.ts";
import { entryOfState, type LogEntry, readEntry, readState } from "./log_entry.ts";
import type { LogReader } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";
import { FIRST } from "./open_script.ts";
import { fitting, type Found, numberOf, placeBefore } from "./pages.ts";
import { entryIdOf, type Place, placeOfEntry } from "./place.ts";

/** The entries that one script looks at. */
const MAX_LOOKED_AT = 250;

/** Reads the events of every id of a type. */
export class TypePages {
  readonly #reader: LogReader;

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  /** Begins with the last events. */
  async startOfLast(kind: KeptType, state: LogState, start: Start, count: number): Promise<Start> {
    if (state.perId === 0) return { ...start, place: placeAfter(state, state.n - count) };
    if (state.perId > 1) return this.#startOfLastWithin(kind, start, count);
    const { state: now, rest: [first, found] } = await this.#reader.run(kind, "last", count);
    const foreign = Number(found) < count && now.replaced > FIRST;
    return { ...start, foreign, place: placeAfter(now, Math.max(Number(first) - 1, now.hidden)) };
  }

  /** Goes back, past events that their ids have too many after. */
  async #startOfLastWithin(kind: KeptType, start: Start, count: number): Promise<Start> {
    let before: Place | undefined;
    let found = 0;
    for (;;) {
      const { state, entries } = await this.#reader.before(kind, before, Math.min(count + 1, MAX_LOOKED_AT));
      const kept = entries.filter(({ n }) => n > state.hidden);
      const visible = (await this.#withinBound(kind, state, kept)).slice(0, count - found);
      found += visible.length;
      before = entries.at(-1);
      const first = visible.at(-1) ?? before;
      if (found < count && before !== undefined && before.n > state.hidden) continue;
      const isForgotten = state.replaced > FIRST || state.hidden > FIRST;
      const n = found < count ? Math.max(state.hidden, FIRST) : (first?.n ?? FIRST) - 1;
      return { ...start, foreign: found < count && isForgotten, place: placeAfter(state, n) };
    }
  }

  read(kind: KeptType, state: LogState, start: Start, bounds: HistoryPageBounds): Promise<Found> {
    const fit = Math.floor(2 * bounds.maxBytes / Math.max(state.size, 1)) + 1;
    const count = Math.max(1, Math.min(bounds.maxEvents, fit));
    if (state.perId === 1) return this.#readStates(kind, start, bounds, Math.min(count, MAX_LOOKED_AT));
    if (start.latest) {
      return this.#readLatest(kind, start, bounds, Math.min(Math.max(fit, 16), MAX_LOOKED_AT));
    }
    return this.#readAll(kind, start, bounds, count);
  }

  /** The numbers count without a hole, so a page shows by itself whether an event is missing. */
  async #readAll(
    kind: KeptType,
    start: Start,
    bounds: HistoryPageBounds,
    count: number,
    from: Place | undefined = start.place,
  ): Promise<Found> {
    const { state, entries } = await this.#reader.after(kind, from, count);
    if (start.place !== undefined && !state.has(start.place)) return { state, entries: [], whole: false };
    const last = entries.at(-1);
    const ended = entries.length < count || last === undefined || last.n >= state.n;
    let expected = Math.max(from?.n ?? FIRST, state.hidden) + 1;
    let isSeamless = true;
    const kept = entries.filter((entry) => {
      if (entry.n <= state.hidden) return false;
      if (entry.n !== expected) isSeamless = false;
      expected = entry.n + 1;
      return true;
    });
    if (ended && expected <= state.n) isSeamless = false;
    const visible = state.perId > 1 ? await this.#withinBound(kind, state, kept) : kept;
    const n = numberOf(start);
    const floor = Math.max(state.hidden, state.lost);
    // The number of an event that is forgotten since its id has too many is not known.
    const isFirst = !start.begun && n === FIRST && state.perId > 1;
    const isWithin = isFirst
      ? state.replaced <= FIRST
      : visible.length === kept.length || start.known >= state.n;
    const whole = isSeamless && isWithin && Math.max(n, start.known) >= floor;
    if (visible.length === 0 && !ended && !start.strict) {
      const rest = await this.#readAll(kind, start, bounds, count, last);
      return { ...rest, whole: rest.whole && whole };
    }
    const fit = fitting(visible, bounds);
    return {
      state,
      entries: fit,
      whole,
      left: fit.length < visible.length ? fit.at(-1) ?? placeBefore(start, state) : ended ? undefined : last,
      known: isWithin ? floor : state.n,
    };
  }

  /** Leaves out the events of ids that have too many after them. */
  async #withinBound(kind: KeptType, { perId }: LogState, entries: readonly LogEntry[]): Promise<LogEntry[]> {
    const ids = [...new Set(entries.map(({ event }) => event.id))];
    if (ids.length === 0) return [];
    const { values } = await this.#reader.values(kind, ids);
    const ordinals = new Map(ids.map((id, i) => [id, Number(String(values[i]).split(":")[1] ?? 0)]));
    return entries.filter(({ event, ordinal }) => ordinal > (ordinals.get(event.id) ?? 0) - perId);
  }

  async #readLatest(kind: KeptType, start: Start, bounds: HistoryPageBounds, count: number): Promise<Found> {
    /** Up to this number, entries are missing. */
    let highest = FIRST;
    let hasHole = false;
    for (let place = start.place;;) {
      const { state, rest } = await this.#reader.run(kind, "latest", idOrFirst(place), count);
      const [last, found, first, size] = rest;
      if (start.place !== undefined && !state.has(start.place)) {
        return this.#restart(kind, state, start, bounds);
      }
      const all = Array.from(Object(found), (entry) => readEntry(kind.type, entry))
        .filter(({ n }) => n > state.hidden);
      const looked = last === "" ? undefined : placeOfEntry(String(last));
      const ended = looked === undefined || looked.n >= state.n || Number(size) < count;
      // Entries that are missing at the start were forgotten, as those that are hidden.
      const firstNumber = first === "" ? state.n + 1 : placeOfEntry(String(first)).n;
      const isTrimmed = firstNumber > Math.max(place?.n ?? FIRST, state.hidden) + 1;
      const isSeamless = looked === undefined || looked.n - firstNumber + 1 === Number(size);
      if (!isSeamless || (ended && looked !== undefined && looked.n < state.n)) hasHole = true;
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

  async #readStates(kind: KeptType, start: Start, bounds: HistoryPageBounds, count: number): Promise<Found> {
    const { state, rest } = await this.#reader.run(kind, "states", idOrFirst(start.place), count);
    if (start.place !== undefined && !state.has(start.place)) {
      return start.latest ? this.#restart(kind, state, start, bounds) : { state, entries: [], whole: false };
    }
    const [pointers, values]: readonly unknown[][] = rest.map((part) => Array.from(Object(part)));
    let isSeamless = true;
    const all = (pointers ?? []).flatMap((pointer, i) => {
      const [entryId, [, id]] = Object(pointer);
      const place = placeOfEntry(String(entryId));
      const value = readState(values?.[i]);
      if (place.n <= state.hidden) return [];
      if (value?.n === place.n) return [entryOfState(kind.type, String(id), place, value)];
      isSeamless = false;
      return [];
    });
    const entries = fitting(all, bounds);
    const lastPointer = Object(pointers?.at(-1))[0];
    const last = lastPointer === undefined ? undefined : placeOfEntry(String(lastPointer));
    const ended = last === undefined || (pointers?.length ?? 0) < count || last.n >= state.n;
    const floor = Math.max(start.latest ? state.gone : state.replaced, state.lost);
    return {
      state,
      entries,
      whole: isSeamless && Math.max(numberOf(start), start.known) >= floor,
      left: entries.length < all.length
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

function idOrFirst(place: Place | undefined): string {
  return place === undefined ? "-" : entryIdOf(place);
}

function placeAfter(state: LogState, n: number): Place | undefined {
  return n <= FIRST ? undefined : state.placeOf(n);
}
