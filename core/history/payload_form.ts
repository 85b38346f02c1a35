import type { Position } from "../history_source.ts";
import type { EventEnvelope } from "../types.ts";
import { cloneBytes } from "../value_size.ts";
import { type Via, viaOf, withVia } from "../via.ts";
import type { EventForm } from "./event_form.ts";

/** A payload counts at least this much once it was found to be so large; parts that come later are not counted. */
const MAX_COUNTED_BYTES = 1024 * 1024;

/** A payload that cannot be read, such as a hostile proxy. */
const UNREADABLE_BYTES = 1024;

/** The payload of an event that has passed through hubs. */
class Relayed {
  readonly payload: unknown;
  readonly via: Via;

  constructor(payload: unknown, via: Via) {
    this.payload = payload;
    this.via = via;
  }
}

/** Keeps payloads as they are, for listeners in this process. */
export const PAYLOAD_FORM: EventForm<EventEnvelope> = {
  keep(envelope) {
    const { payload } = envelope;
    const via = viaOf(envelope);
    return { kept: via === undefined ? payload : new Relayed(payload, via), bytes: payloadBytes(payload) };
  },
  restore(type: string, id: string, kept: unknown, _bytes: number, at: Position): EventEnvelope {
    if (!(kept instanceof Relayed)) return { type, id, payload: kept, at };
    return withVia({ type, id, payload: kept.payload, at }, kept.via);
  },
  toEnvelope: (envelope) => envelope,
};

function payloadBytes(payload: unknown): number {
  try {
    return cloneBytes(payload, MAX_COUNTED_BYTES);
  } catch {
    return UNREADABLE_BYTES;
  }
}
