import type { HistoryCursor, HistoryFrom, Position } from "../../../core/history_source.ts";
import type { KeptType } from "./kept_type.ts";
import { FIRST } from "./open_script.ts";
import { type Place, placeOf, positionOf } from "./place.ts";
import type { Walk } from "./walk.ts";

/** The beginning of a read, and the events that it asks for. */
export interface Start {
  /** The place after which it begins; `undefined` before the first event. */
  readonly place: Place | undefined;
  /** Whether each id has only its latest event. */
  readonly latest: boolean;
  /** Whether nothing is replayed where something is missing. */
  readonly strict: boolean;
  /** Forgotten events up to this number have been reported. */
  readonly known: number;
  /** Up to this number, it has been reported that ids have too many events. */
  readonly within?: number | undefined;
  /** Whether something is missing before the first page. */
  readonly foreign?: boolean;
  /** The number of the last events that are asked for, of a read that has not begun. */
  readonly last?: number;
  /** Whether pages were read. */
  readonly begun?: boolean;
  /** The events of an id that are still to come. */
  readonly walk?: Walk | undefined;
}

const NOTHING = { place: undefined, latest: false, strict: false, known: FIRST };

/** The end of a page. */
export class RedisCursor implements HistoryCursor {
  readonly after: Position;
  readonly kind: KeptType;
  readonly id: string | undefined;
  readonly start: Start;

  constructor(kind: KeptType, id: string | undefined, place: Place, start: Omit<Start, "place" | "begun">) {
    this.after = positionOf(place);
    this.kind = kind;
    this.id = id;
    // Before the first event, a reader that takes what is there needs no epoch.
    this.start = { ...start, place: place.n > FIRST || start.strict ? place : undefined, begun: true };
  }
}

export function startOf(
  after: Exclude<HistoryFrom, "now"> | HistoryCursor,
  kind: KeptType,
  id: string | undefined,
): Start {
  if (after instanceof RedisCursor && after.kind === kind && after.id === id) return after.start;
  if (after === "start") return NOTHING;
  if (after === "latest") return { ...NOTHING, latest: true };
  if (typeof after === "object" && "last" in after) return { ...NOTHING, last: after.last };
  const latest = typeof after === "object" && "latest" in after;
  const place = placeOf(typeof after === "string" ? after : "latest" in after ? after.latest : after.after);
  if (place !== undefined) return { place, latest, strict: !latest, known: FIRST };
  return { ...NOTHING, latest, strict: !latest, foreign: true };
}
