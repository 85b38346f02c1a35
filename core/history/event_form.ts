import type { Position } from "../history_source.ts";
import type { EventEnvelope } from "../types.ts";

/** How the events of one log are kept. */
export interface EventForm<TEvent> {
  /** The kept form of an event, and its size in bytes. Throws if the event cannot be kept. */
  keep(envelope: EventEnvelope): { readonly kept: unknown; readonly bytes: number };
  /** Makes an event of what was kept. */
  restore(type: string, id: string, kept: unknown, bytes: number, at: Position): TEvent;
  /** An event as programs read it. */
  toEnvelope(event: TEvent): EventEnvelope;
}
