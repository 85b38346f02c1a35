import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { Start } from "./cursor.ts";
import type { KeptType } from "./kept_type.ts";
import { entryOfState, readState } from "./log_entry.ts";
import type { LogReader } from "./log_reader.ts";
import { FIRST } from "./open_script.ts";
import { type Found, numberOf, placeBefore } from "./pages.ts";
import { Walk } from "./walk.ts";

/** Reads the events of one id. */
export class IdPages {
  readonly #reader: LogReader;

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  async read(kind: KeptType, id: string, start: Start, bounds: HistoryPageBounds): Promise<Found> {
    if (start.walk !== undefined && start.walk.size > 0) {
      const found = await this.#take(start.walk, start, bounds, true);
      // Later events are not in the walk: the next page looks for them.
      return { ...found, left: found.left ?? found.state };
    }
    const n = numberOf(start);
    const walk = await Walk.start(this.#reader, kind, id, n, start.latest ? 1 : start.last ?? Infinity);
    const { state } = walk;
    if (start.place !== undefined && !state.has(start.place)) {
      if (!start.latest) return { state, entries: [], whole: false };
      return { ...await this.read(kind, id, { ...start, place: undefined }, bounds), whole: false };
    }
    const isLost = state.lost > Math.max(n, start.known);
    if (state.perId === 1) {
      const found = readValue(kind, id, walk, start, isLost);
      const isHeadOnly = bounds.maxEvents === 0 && found.entries.length > 0;
      return isHeadOnly ? { ...found, entries: [], left: placeBefore(start, state) } : found;
    }
    const whole = walk.end === "counted"
      ? !isLost || (walk.oldest ?? 0) > state.lost
      : walk.end === "reached" && !isLost;
    return this.#take(walk, start, bounds, whole);
  }

  async #take(walk: Walk, start: Start, bounds: HistoryPageBounds, isWhole: boolean): Promise<Found> {
    const { entries, whole } = await walk.take(bounds);
    const left = walk.size > 0 ? entries.at(-1) ?? placeBefore(start, walk.state) : undefined;
    return { state: walk.state, entries, whole: isWhole && whole, left, walk };
  }
}

/** Of a type that has only the latest event of each id. Its value also names the number of the event before. */
function readValue(
  kind: KeptType,
  id: string,
  { state, value: text }: Walk,
  start: Start,
  isLost: boolean,
): Found {
  const value = readState(text);
  const n = numberOf(start);
  const isKept = value !== undefined && value.n > state.hidden;
  const entries = isKept && value.n > n ? [entryOfState(kind.type, id, state.placeOf(value.n), value)] : [];
  const wantsLatest = start.latest || start.last === 1;
  const floor = value === undefined
    ? state.gone
    : !isKept
    ? value.n
    : wantsLatest || value.n <= n
    ? FIRST
    : value.before;
  const mayBeOld = isLost && !(wantsLatest && isKept && value.n > state.lost);
  // Once this is said, the events before the value are known to be missing.
  const known = Math.max(floor, value?.before ?? FIRST, state.lost);
  return { state, entries, whole: Math.max(n, start.known) >= floor && !mayBeOld, known };
}
