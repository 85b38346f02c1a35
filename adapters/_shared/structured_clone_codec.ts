import type { EventEnvelope } from "../../core/types.ts";
import type { Codec, Encoded, Sending } from "./wire.ts";

/** An envelope that crosses as a structured clone. */
export interface CloneBody {
  /** The envelope. */
  readonly envelope: EventEnvelope;
  /** What moves with it. */
  readonly transfer: readonly Transferable[];
}

/** What crosses at once. The wire makes a message of it, since what cannot be cloned shows only there. */
export type CloneFrame = readonly Encoded<CloneBody>[];

/** A frame that arrived. */
export interface ArrivedFrame {
  /** One envelope or several, unchecked. */
  readonly frame: unknown;
  /** How large its sender took it for, in bytes. */
  readonly bytes: number;
}

/** Options of {@linkcode createStructuredCloneCodec}. */
export interface StructuredCloneCodecOptions {
  /** What of an envelope is moved and not copied. */
  readonly transferables?: ((envelope: EventEnvelope) => readonly Transferable[]) | undefined;
}

/** What an envelope takes beside what can be counted, in bytes. */
const OVERHEAD_BYTES = 32;

/** A message costs little between threads, and the other one can take it while this one still makes the next. */
const MAX_SHARED_FRAME_BYTES = 8 * 1024;

const NONE: readonly Transferable[] = [];

const THIS_TURN: Sending = { later: false, shared: false };

/**
 * Creates the codec of wires that carry values as structured clones. The sizes that it gives are estimates from above.
 *
 * @param options What is moved, and what is copied at once.
 * @returns The codec.
 */
export function createStructuredCloneCodec(
  { transferables }: StructuredCloneCodecOptions,
): Codec<CloneBody, CloneFrame> {
  return {
    maxSharedFrameBytes: MAX_SHARED_FRAME_BYTES,
    encode({ type, id, payload }, control, sending = THIS_TURN) {
      const { via, borrowed } = sending;
      const envelope = via === undefined ? { type, id, payload } : { type, id, payload, via };
      const transfer = control || borrowed ? NONE : transferables?.(envelope) ?? NONE;
      const bytes = 2 * (type.length + id.length) + OVERHEAD_BYTES + cloneBytes(payload);
      const body = bodyOf(envelope, transfer, sending);
      // What moves alone is moved right away: to be taken from the publisher later it would have to be copied now.
      return { type, id, body, bytes, control, atOnce: body.envelope === envelope && transfer.length > 0 };
    },
    join: (envelopes) => envelopes,
    // Only the wire calls these, with what it made itself of what arrived.
    exceeds: (data, bytes) => (data as ArrivedFrame).bytes > bytes,
    decode: (data) => (data as ArrivedFrame).frame,
  };
}

function bodyOf(
  envelope: EventEnvelope,
  transfer: readonly Transferable[],
  { later, shared }: Sending,
): CloneBody {
  if (!later && (!shared || transfer.length === 0)) return { envelope, transfer };
  // What moves is a part of both, so that the copy's own counterparts are known.
  const [copy, ...moved] = structuredClone<[EventEnvelope, ...Transferable[]]>([envelope, ...transfer], {
    transfer: [...transfer],
  });
  return { envelope: copy, transfer: shared ? NONE : moved };
}

/**
 * About how many bytes a structured clone of a value takes.
 *
 * @param value Anything.
 * @returns The size; never too small for what is counted in bytes or characters, but that an array's members other
 *   than its elements may be left out.
 */
export function cloneBytes(value: unknown): number {
  const flat = flatBytes(value);
  if (flat !== undefined) return flat;
  // Most payloads have no object inside, and need no memory of what was walked.
  let seen: Set<unknown> | undefined;
  let bytes = 0;
  const add = (part: unknown): void => {
    const size = flatBytes(part);
    if (size !== undefined) bytes += size;
    else (seen ??= new Set([value])).add(part);
  };
  const addObject = (object: unknown): void => {
    // A statement of its own, since its parts add to the same sum. Only objects have no flat size.
    const own = objectBytes(object as object, add);
    bytes += own;
  };
  addObject(value);
  // A Set yields what is added to it meanwhile: nothing is walked twice, and no depth is too deep.
  for (const object of seen ?? []) if (object !== value) addObject(object);
  return bytes;
}

/** The size of what is no object, in bytes. */
function flatBytes(value: unknown): number | undefined {
  switch (typeof value) {
    case "string":
      return 2 * value.length + 8;
    case "bigint":
      return value.toString(16).length + 8;
    case "object":
      return value === null ? 8 : undefined;
    default:
      return 8;
  }
}

/** The size of an object without its parts, in bytes. Calls with each part that its clone has. */
function objectBytes(object: object, add: (part: unknown) => void): number {
  if (isBuffer(object)) return OVERHEAD_BYTES + object.byteLength;
  // A view is cloned with all of its buffer.
  if (ArrayBuffer.isView(object)) add(object.buffer);
  else if (Array.isArray(object)) addElements(object, add);
  else if (object instanceof Map) {
    for (const [key, value] of object) {
      add(key);
      add(value);
    }
  } else if (object instanceof Set) {
    for (const value of object) add(value);
  } else if (object instanceof Error) {
    for (const part of [object.message, object.stack, object.cause]) add(part);
  } else if (object instanceof RegExp) {
    add(object.source);
  } else {
    for (const key of Object.keys(object)) {
      add(key);
      // Keys of its own are all that is read.
      add((object as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return OVERHEAD_BYTES;
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
}

/** Calls with each element; an array may be far longer than it has elements. */
function addElements(array: readonly unknown[], add: (part: unknown) => void): void {
  let index = 0;
  while (index < array.length && index in array) add(array[index++]);
  if (index === array.length) return;
  // The keys of elements come first, in order.
  for (const [key, value] of Object.entries(array).slice(index)) {
    add(key);
    add(value);
  }
}
