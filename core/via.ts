import type { EventEnvelope } from "./types.ts";

/**
 * The way that an event has come: of each hub that handed it to an upstream, the first one first, that hub's mark of
 * the spoke that it had the event from.
 */
export type Via = readonly string[];

/** How many hubs may hand an event to an upstream, one after the other: more of them can only be a cycle. */
export const MAX_HOPS = 8;

/** The longest mark that a hub makes of a spoke, in characters. */
const MAX_MARK_LENGTH = 64;

/** Beside the envelopes, so that no listener sees the way as a member that it does not expect. */
const vias = new WeakMap<EventEnvelope, Via>();

/**
 * Notes the way that an event has come.
 *
 * @param envelope The event's envelope.
 * @param via The way, if it has come one.
 * @returns The envelope.
 */
export function withVia(envelope: EventEnvelope, via: Via | undefined): EventEnvelope {
  if (via !== undefined) vias.set(envelope, via);
  return envelope;
}

/**
 * The way that an event has come.
 *
 * @param envelope The very envelope that it was noted for.
 * @returns The way, or `undefined` if it has come none.
 */
export function viaOf(envelope: EventEnvelope): Via | undefined {
  return vias.get(envelope);
}

/**
 * Reads the way off a wire.
 *
 * @param value The envelope's member; anything.
 * @returns The way, cut at {@linkcode MAX_HOPS}, or `undefined` if it is none.
 */
export function readVia(value: unknown): Via | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const via: unknown[] = value.slice(0, MAX_HOPS);
  return via.every(isMark) ? via : undefined;
}

function isMark(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_MARK_LENGTH;
}
