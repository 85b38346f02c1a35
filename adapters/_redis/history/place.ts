import type { Position } from "../../../core/history_source.ts";
import { DIGITS, FIRST } from "./open_script.ts";

/** A place in a history: an epoch and the number of an event. */
export interface Place {
  readonly epoch: number;
  readonly n: number;
}

/** Positions in a row are mostly of one epoch. */
let lastEpoch = -1;
let lastText = "";

const POSITION = /^([\w-]{5})\.(\d{6,15})$/;
const ENTRY_ID = /^(\d+)-(\d+)$/;

/** Reads a position that this or another program got, or returns `undefined` for anything else. */
export function placeOf(position: unknown): Place | undefined {
  return typeof position === "string" ? numberOfEpoch(position) ?? parse(position) : undefined;
}

/** Reads a position of the epoch of the one before: in a third of the time. */
function numberOfEpoch(position: string): Place | undefined {
  const { length } = position;
  if (lastEpoch < 0 || length < 12 || length > 21) return undefined;
  if (!position.startsWith(lastText) || position[5] !== ".") return undefined;
  let n = 0;
  for (let i = 6; i < length; i++) {
    const digit = position.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    n = n * 10 + digit;
  }
  return n >= FIRST ? { epoch: lastEpoch, n } : undefined;
}

function parse(position: string): Place | undefined {
  const [, text, number] = POSITION.exec(position) ?? [];
  if (text === undefined || number === undefined) return undefined;
  if (text !== lastText) {
    lastText = text;
    lastEpoch = 0;
    for (const digit of text) lastEpoch = lastEpoch * DIGITS.length + DIGITS.indexOf(digit);
  }
  const n = Number(number);
  return n >= FIRST ? { epoch: lastEpoch, n } : undefined;
}

export function placeOfEntry(id: string): Place {
  const [, epoch, n] = ENTRY_ID.exec(id) ?? [];
  return { epoch: Number(epoch), n: Number(n) };
}

/** Writes a position, such as `Xk3f9.184467`. */
export function positionOf({ epoch, n }: Place): Position {
  if (epoch !== lastEpoch) {
    lastEpoch = epoch;
    lastText = "";
    let rest = epoch;
    for (let i = 0; i < 5; i++) {
      lastText = DIGITS.charAt(rest % DIGITS.length) + lastText;
      rest = Math.floor(rest / DIGITS.length);
    }
  }
  return `${lastText}.${n}`;
}

/** The id of an entry of a stream. */
export function entryIdOf({ epoch, n }: Place): string {
  return `${epoch}-${n}`;
}

/** The id of the entry after which a script begins to read. */
export function idOrFirst(place: Place | undefined): string {
  return place === undefined ? "-" : entryIdOf(place);
}

/** The order of positions. */
export interface Order {
  isAfter(at: Position, other: Position): boolean;
}

/** Whether a place comes after another one. */
export function isBehind(place: Place, other: Place, order: Order): boolean {
  return place.epoch === other.epoch
    ? place.n > other.n
    : order.isAfter(positionOf(place), positionOf(other));
}

/** Whether no event of a type is missing before one of an id, by the places that the type and the id have reached. */
export function isNext(place: Place, ofType: Place, ofId: Place): boolean {
  // Redis sends a message to the id first, and then to the bare type: only the id has the events of this message.
  return place.epoch === ofType.epoch && place.n <= Math.max(ofType.n, ofId.n) + 1;
}
