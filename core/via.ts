import { shared } from "./shared.ts";
import type { EventEnvelope } from "./types.ts";

/**
 * The hubs that an event has passed through, the first one first, as HTTP's `Via` has proxies. Each hub that hands the
 * event to an upstream adds the id that it gives to the spoke that sent it.
 */
export type Via = readonly string[];

/** How many hubs can hand an event to an upstream, one after the other: more hops can only be a circle. */
export const MAX_HOPS = 8;

/** The longest id of a hop, in characters. */
const MAX_HOP_ID_LENGTH = 64;

/** Returns the object that it is given, so that a subclass adds its private field to that object. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * An envelope with a note that no listener sees. The field of another object would be a member; a `WeakMap` takes ten times
 * as long, most of it to collect the garbage.
 */
class Noted extends Given {
  /** Whether there is one: to look for a field that is not there takes longer than to find it. */
  static #isUsed = false;
  #via: Via | undefined;

  static note(envelope: object, via: Via): void {
    Noted.#isUsed = true;
    if (#via in envelope) envelope.#via = via;
    else new Noted(envelope).#via = via;
  }

  static read(envelope: object): Via | undefined {
    return Noted.#isUsed && #via in envelope ? envelope.#via : undefined;
  }
}

const vias = /* @__PURE__ */ shared("vias.2", () => ({ note: Noted.note, read: Noted.read }));

/** Notes the hubs that an event has passed through, if any, and returns its envelope. */
export function withVia(envelope: EventEnvelope, via: Via | undefined): EventEnvelope {
  if (via !== undefined) vias.note(envelope, via);
  return envelope;
}

/** The hubs that an event has passed through; only known for the very object that they were noted for. */
export function viaOf(envelope: EventEnvelope): Via | undefined {
  return vias.read(envelope);
}

/** Reads a `via` off a wire: a value of any kind, of which no more than {@linkcode MAX_HOPS} hops are kept. */
export function readVia(value: unknown): Via | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const via: unknown[] = value.slice(0, MAX_HOPS);
  return via.every(isHopId) ? via : undefined;
}

/** The hubs that an event has passed through, as the sender of its envelope claims. */
export function viaIn(value: unknown): Via | undefined {
  return readVia(Object(value)["via"]);
}

/** How an event target passes vias on, once a hub has it as its upstream. The others have none to pass. */
export interface ViaPassing {
  readonly viaIn: typeof viaIn;
  readonly viaOf: typeof viaOf;
  readonly withVia: typeof withVia;
}

/** An event target that a hub asks to pass vias on. Those that have no such method do so anyway. */
export interface ViaPassingEventTarget {
  passVia?(passing: ViaPassing): void;
}

function isHopId(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_HOP_ID_LENGTH;
}
