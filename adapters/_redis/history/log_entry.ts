import type { EventEnvelope } from "../../../core/types.ts";
import { readVia, type Via, withVia } from "../../../core/via.ts";
import { type Place, placeOfEntry, positionOf } from "./place.ts";

/** An event of a history. */
export interface LogEntry extends Place {
  readonly event: EventEnvelope & { readonly at: string };
  /** The number of the event among those of its id, if these have a bound. */
  readonly ordinal: number;
  readonly bytes: number;
}

/** Reads the events of an entry of a stream, which has its id and its fields. */
export function readEntry(type: string, entry: unknown): LogEntry[] {
  const [entryId, [, chain, , id, kind, kept]] = entry as [string, string[]];
  // `publish_script.ts` has the form of the chain.
  const [, ordinal = "", size] = String(chain).split(":");
  const { epoch, n } = placeOfEntry(entryId);
  const content = contentOf(kind === "e" ? " " : "!", String(kept), size !== undefined);
  const last = content.payloads.length - 1;
  const bytes = String(kept).length / content.payloads.length + String(id).length;
  return content.payloads.map((payload, i) =>
    logEntry(
      type,
      String(id),
      { epoch, n: n - last + i },
      { payload, via: content.via },
      bytes,
      ordinal === "" ? 0 : Number(ordinal) - last + i,
    )
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
  const { payloads: [payload], via } = contentOf(kind, kept, false);
  return logEntry(type, id, place, { payload, via }, kept.length + id.length, 0);
}

/** The payloads of kept text, and their `via`. The text of a run has several payloads. */
function contentOf(
  kind: string,
  kept: string,
  isRun: boolean,
): { payloads: readonly unknown[]; via: Via | undefined } {
  if (kind === " ") return { payloads: isRun ? JSON.parse(`[${kept}]`) : [JSON.parse(kept)], via: undefined };
  const { payload, payloads, via } = JSON.parse(`{${kept}`);
  return { payloads: isRun ? Array.from(Object(payloads)) : [payload], via: readVia(via) };
}

function logEntry(
  type: string,
  id: string,
  place: Place,
  { payload, via }: { readonly payload: unknown; readonly via: Via | undefined },
  bytes: number,
  ordinal: number,
): LogEntry {
  const event = { type, id, payload, at: positionOf(place) };
  withVia(event, via);
  return { ...place, event, ordinal, bytes };
}
