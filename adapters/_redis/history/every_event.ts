import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { Start } from "./cursor.ts";
import type { KeptType } from "./kept_type.ts";
import type { LogEntry } from "./log_entry.ts";
import type { LogReader, ReadBounds } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";
import { FIRST } from "./open_script.ts";
import { fitting, type Found, numberOf, placeBefore } from "./pages.ts";
import type { Place } from "./place.ts";
import { Seam } from "./seam.ts";
import { readStates } from "./states.ts";
import { visibleOf } from "./within_bound.ts";

/** Some entries after a place. */
interface Part {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
  /** The last place that was looked at. */
  readonly last: Place | undefined;
  /** Whether there is nothing after it. */
  readonly ended: boolean;
}

/** Reads all events of a type, those of every id. */
export async function readEveryEvent(
  reader: LogReader,
  kind: KeptType,
  before: LogState,
  start: Start,
  bounds: HistoryPageBounds,
  limits: ReadBounds,
): Promise<Found> {
  let within = start.within ?? FIRST;
  let seam: Seam | undefined;
  let isWhole = true;
  let known = before;
  for (let place = start.place;;) {
    const { state, entries, last, ended } = before.perId === 1
      ? await readStates(reader, kind, place, limits)
      : await readEntries(reader, kind, known, place, limits);
    known = state;
    if (start.place !== undefined && !state.has(start.place)) return { state, entries: [], whole: false };
    if (seam === undefined) {
      // The first page reports all that is missing when the read begins.
      const floor = start.begun
        ? FIRST
        : Math.max(state.perId === 1 ? state.replaced : state.hidden, state.lost);
      isWhole = floor <= Math.max(numberOf(start), start.known);
      // The numbers of events that are forgotten since their ids have too many are not known.
      if (!start.begun && numberOf(start) === FIRST && state.perId > 1 && state.replaced > FIRST) {
        isWhole = false;
        within = state.n;
      }
      seam = new Seam({ ...start, within, known: Math.max(floor, start.known) });
    }
    seam.forget(Math.min(state.hidden, last?.n ?? FIRST));
    const kept = entries.filter(({ n }) => n > state.hidden);
    const visible = state.perId > 1 ? new Set(await visibleOf(reader, kind, state, kept)) : undefined;
    const goesOn = kept.every((entry) => seam?.add(entry, visible?.has(entry) ?? true, state));
    if (goesOn && ended) seam.end(state);
    if (seam.entries.length === 0 && !ended && !start.strict) {
      place = last;
      continue;
    }
    const fit = fitting(seam.entries, bounds);
    const isCut = fit.length < seam.entries.length || seam.cut;
    // A full page ends with its last event: what was read beyond may be forgotten when the next page is read.
    const end = fit.length < bounds.maxEvents ? last : fit.at(-1) ?? last;
    return {
      state,
      entries: fit,
      whole: isWhole && seam.whole,
      left: isCut ? fit.at(-1) ?? placeBefore(start, state) : ended ? undefined : end,
      known: seam.known,
      within,
    };
  }
}

async function readEntries(
  reader: LogReader,
  kind: KeptType,
  known: LogState,
  place: Place | undefined,
  limits: ReadBounds,
): Promise<Part> {
  const { state, entries } = await reader.after(kind, known, place, limits);
  const last = entries.at(-1);
  return { state, entries, last, ended: last === undefined || last.n >= state.n };
}
