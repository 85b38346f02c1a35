import type { EventEnvelope } from "../../../core/types.ts";
import { readVia, withVia } from "../../../core/via.ts";
import { type Place, placeOfEntry, positionOf } from "./place.ts";

/** An event of a history. */
export interface LogEntry extends Place {
  readonly event: EventEnvelope & { readonly at: string };
  /** The number of the event among those of its id, if these have a bound. */
  readonly ordinal: number;
  readonly bytes: number;
}

/** Reads an entry of a stream: its id and its fields. */
export function readEntry(type: string, entry: unknown): LogEntry {
  const [entryId, [, before, , id, kind, kept]] = entry as [string, string[]];
  const [, ordinal = "0"] = String(before).split(":");
  return logEntry(
    type,
    String(id),
    placeOfEntry(entryId),
    kind === "e" ? " " : "!",
    String(kept),
    Number(ordinal),
  );
}

/** The latest event of an id, as the hash keeps it, and the number of the event before it. */
export interface StateValue {
  readonly n: number;
  readonly before: number;
  readonly kind: string;
  readonly kept: string;
}

const STATE = /^(\d+) (\d+)([ !])/;

/** Reads the value of an id of a type that has only its latest event. */
export function readState(value: unknown): StateValue | undefined {
  const [head, n, before, kind] = typeof value === "string" ? STATE.exec(value) ?? [] : [];
  if (head === undefined || kind === undefined) return undefined;
  return { n: Number(n), before: Number(before), kind, kept: String(value).slice(head.length) };
}

export function entryOfState(type: string, id: string, place: Place, { kind, kept }: StateValue): LogEntry {
  return logEntry(type, id, place, kind, kept, 0);
}

function logEntry(
  type: string,
  id: string,
  place: Place,
  kind: string,
  kept: string,
  ordinal: number,
): LogEntry {
  const at = positionOf(place);
  const { payload, via }: { payload?: unknown; via?: unknown } = kind === " "
    ? { payload: JSON.parse(kept) }
    : JSON.parse(`{${kept}`);
  const event = { type, id, payload, at };
  withVia(event, readVia(via));
  return { ...place, event, ordinal, bytes: kept.length + id.length };
}
