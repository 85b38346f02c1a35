import type { HistoryPage, HistoryPageBounds } from "../../../core/history_source.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { RedisCursor, type Start } from "./cursor.ts";
import type { KeptType } from "./kept_type.ts";
import type { LogEntry } from "./log_entry.ts";
import type { LogState } from "./log_state.ts";
import { FIRST } from "./open_script.ts";
import { type Place, positionOf } from "./place.ts";
import type { Walk } from "./walk.ts";

/** A page of a history. */
export type Page = HistoryPage<EventEnvelope>;

/** The result of a read. */
export interface Found {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
  /** Whether nothing that belongs in the page is missing. */
  readonly whole: boolean;
  /** The last place that was looked at, if something may be left after it. */
  readonly left?: Place | undefined;
  /** Losses up to this number need not be reported again. */
  readonly known?: number;
  /** Up to this number, it need not be reported again that ids have too many events. */
  readonly within?: number;
  readonly walk?: Walk | undefined;
}

/** The number before the first event that a read asks for. */
export function numberOf({ place }: Start): number {
  return place?.n ?? FIRST;
}

/** A page without events, after which the history continues at its head. */
export function headPage(
  kind: KeptType,
  id: string | undefined,
  state: LogState,
  start: Start,
  whole: boolean,
): Page {
  const { latest, strict, known } = start;
  const at = state.head;
  return {
    events: [],
    from: at,
    at,
    whole,
    done: true,
    next: new RedisCursor(kind, id, state, { latest, strict, known }),
  };
}

/** Makes a page of what a read found. */
export function pageOf(kind: KeptType, id: string | undefined, start: Start, found: Found): Page {
  const { state, entries, left, walk } = found;
  const whole = found.whole && !start.foreign;
  if (!whole && start.strict) return headPage(kind, id, state, start, false);
  const last = entries.at(-1);
  const head = last !== undefined && last.n > state.n ? last : state;
  const reached = left ?? head;
  const known = Math.max(start.known, found.known ?? 0);
  return {
    events: entries.map(({ event }) => event),
    from: positionOf(placeBefore(start, state)),
    at: positionOf(reached),
    whole,
    done: left === undefined,
    next: new RedisCursor(kind, id, reached, {
      latest: start.latest,
      strict: start.strict,
      known: start.strict ? FIRST : known,
      ...(start.strict || found.within === undefined ? {} : { within: found.within }),
      ...(left === undefined || walk === undefined ? {} : { walk }),
    }),
  };
}

/** The place before the first event that a read asks for. */
export function placeBefore({ place }: Start, state: LogState): Place {
  return place ?? state.placeOf(FIRST);
}

/** The first entries that fit into a page, at least one unless it may have none. */
export function fitting(
  entries: readonly LogEntry[],
  { maxEvents, maxBytes }: HistoryPageBounds,
): readonly LogEntry[] {
  if (maxEvents === 0) return [];
  let bytes = 0;
  const end = entries.findIndex((entry, i) => {
    bytes += entry.bytes;
    return i > 0 && (i >= maxEvents || bytes > maxBytes);
  });
  return end < 0 ? entries : entries.slice(0, end);
}
