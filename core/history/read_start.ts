import type { HistoryCursor, HistoryFrom, Position } from "../history_source.ts";
import type { Entry } from "./entry.ts";
import type { Positions } from "./positions.ts";
import type { TypeLog } from "./type_log.ts";

/** The place where a read begins. */
export interface Start {
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

export class Cursor implements HistoryCursor, Start {
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

/** The subject of a read. */
export interface ReadTarget {
  readonly log: TypeLog;
  readonly id: string | undefined;
  readonly positions: Positions;
  /** The number of the newest event of all types. */
  readonly last: number;
}

/** Finds where a read begins. With more events than it may have, it is not whole, and has the last of them, if any. */
export function startOf(
  target: ReadTarget,
  after: HistoryFrom | HistoryCursor,
  maxReplay: number | undefined,
): { start: Start; left?: number; first?: Entry | undefined } {
  const { log, id, last } = target;
  const start = unboundedStart(target, after, maxReplay ?? Infinity);
  if (maxReplay === undefined || start instanceof Cursor) return { start };
  const { first, found, isAll } = log.lastAfter(id, start.at, maxReplay, start.latest);
  if (isAll) return { start, left: found, first };
  const at = first === undefined ? last : first.at - 1;
  return { start: { ...start, at, whole: false }, left: found, first };
}

function unboundedStart(target: ReadTarget, after: HistoryFrom | HistoryCursor, maxReplay: number): Start {
  const { log, id, positions, last } = target;
  if (after instanceof Cursor && after.log === log && after.id === id) return after;
  if (after === "now") return { at: last, latest: false, strict: true, known: 0, whole: true };
  if (after === "start" || after === "latest") {
    return { at: 0, latest: after === "latest", strict: false, known: 0 };
  }
  if (typeof after === "object" && "last" in after) return startOfLast(target, after.last, maxReplay);
  const latest = typeof after === "object" && "latest" in after;
  const position = typeof after === "string" ? after : "latest" in after ? after.latest : after.after;
  const at = positions.read(position);
  return at !== undefined && at <= last
    ? { at, latest, strict: !latest, known: 0 }
    : { at: 0, latest, strict: !latest, known: 0, whole: false };
}

function startOfLast({ log, id, last }: ReadTarget, asked: number, maxReplay: number): Start {
  const { first, found, isAll } = log.lastAfter(id, 0, Math.min(asked, maxReplay));
  const floor = log.floorOf(id);
  return {
    at: first === undefined ? last : first.at - 1,
    latest: false,
    strict: false,
    known: 0,
    // Events between the kept ones may be forgotten.
    whole: floor === 0
      ? isAll || found === asked
      : found === asked && first !== undefined && first.at > floor,
  };
}

/** The entry at which the pages of a read begin. */
export function firstOf({ log, id }: ReadTarget, { at, entry }: Start): Entry | undefined {
  if (entry?.owner === undefined) return log.firstAfter(id, at);
  return id === undefined ? entry.next : entry.nextOfId;
}
