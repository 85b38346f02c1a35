import { MAX_TIMER_MS } from "../../core/arguments.ts";
import { describe } from "../../core/describe.ts";
import { envelopeFault } from "../../core/envelope.ts";
import { lastValidId, lastValidType, RESERVED_PREFIX } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { exceedsUtf8Length } from "../../core/utf8.ts";
import type { Control, Hello, OwnHello } from "./controls.ts";

export type * from "./controls.ts";

/** The version of the wire protocol that this library speaks. */
const PROTOCOL_VERSION = 1;

/** The maximum length of a reference as UTF-8, in bytes: answers repeat it. */
export const MAX_REF_BYTES = 1024;

const HELLO = `${RESERVED_PREFIX}hello`;

/** The `id` of controls that are not requests or replies. */
const NO_REF = "";

/** The hello of this end. */
export function helloControl({ maxFrameBytes, heartbeatMs, deflate, ...more }: OwnHello): Control {
  return {
    kind: "hello",
    hello: {
      version: PROTOCOL_VERSION,
      batch: true,
      ...(Number.isFinite(maxFrameBytes) && { maxFrameBytes: Math.floor(maxFrameBytes) }),
      ...(deflate && { deflate }),
      ...(heartbeatMs <= MAX_TIMER_MS && { heartbeatMs: Math.ceil(heartbeatMs) }),
      ...more,
    },
  };
}

/** The envelope of a control. No event can have its type. */
export function controlEnvelope(control: Control): EventEnvelope {
  // Cast: no kind has all of these members.
  const { kind, ref = NO_REF, hello, ...payload } = control as Control & { ref?: string; hello?: Hello };
  const isBare = kind === "ping" || kind === "pong";
  return { type: RESERVED_PREFIX + kind, id: ref, payload: isBare ? undefined : hello ?? payload };
}

/** Reads a value as an event, without members that the peer added. Returns `undefined` if it is not an event. */
export function readEvent(value: unknown): EventEnvelope | undefined {
  if (envelopeFault(value) !== undefined) return undefined;
  const { payload } = members(value);
  // Cast: envelopeFault() has found two strings. Those of an event before are the same in a run of one topic.
  return { type: lastValidType(), id: lastValidId(), payload } as EventEnvelope;
}

/** Reads the payload of a control that not every end knows. */
export type ControlReader = (kind: string, ref: string, payload: Members) => Control | string | undefined;

/** Reads a value that is not an event. Returns a string if it is malformed, and `undefined` if it must be ignored. */
export function readControl(
  value: unknown,
  readFromPeer: ControlReader,
  readMore?: ControlReader,
): Control | string | undefined {
  const { type, id, payload } = members(value);
  if (typeof type !== "string" || !type.startsWith(RESERVED_PREFIX)) return envelopeFault(value);
  if (typeof id !== "string") return "a control envelope has no id";
  if (exceedsUtf8Length(id, MAX_REF_BYTES)) {
    return `the id of a control is longer than ${MAX_REF_BYTES} bytes`;
  }
  const kind = type.slice(RESERVED_PREFIX.length);
  if (kind === "ping" || kind === "pong") return { kind, ref: id };
  const content = members(payload);
  return readFromPeer(kind, id, content) ?? readMore?.(kind, id, content);
}

/** Counts the malformed envelopes of one frame. */
export class FrameFaults {
  #first: string | undefined;
  #count = 0;

  add(fault: string, value: unknown): void {
    // A hello can hold secrets.
    const { type } = members(value);
    this.#first ??= `${fault}: ${describe(type === HELLO ? type : value)}`;
    this.#count++;
  }

  /** The error that is reported for a frame of that many envelopes. */
  toError(envelopes: number): TypeError {
    const detail = this.#count > 1
      ? `${this.#count} of ${envelopes} envelopes, the first because ${this.#first}`
      : this.#first;
    return new TypeError(`Cannot read a frame: ${detail}`);
  }
}

/** Reads what both ends say in a hello, with what only one of them says. */
export function readHello(
  { version, batch, maxFrameBytes, deflate, heartbeatMs, history }: Members,
  more?: Partial<Hello>,
): Extract<Control, { kind: "hello" }> | string {
  if (!isCount(version)) return "the version is not a whole number from 1";
  if (maxFrameBytes !== undefined && !isCount(maxFrameBytes)) {
    return "maxFrameBytes is not a whole number from 1";
  }
  return {
    kind: "hello",
    hello: {
      version,
      batch: batch === true,
      ...(maxFrameBytes && { maxFrameBytes }),
      ...(deflate === true && { deflate }),
      ...(history === true && { history }),
      ...(isCount(heartbeatMs) && heartbeatMs <= MAX_TIMER_MS && { heartbeatMs }),
      ...more,
    },
  };
}

export function readBye({ code, reason }: Members): Control {
  return { kind: "bye", ...(isCount(code) && { code }), ...(typeof reason === "string" && { reason }) };
}

/** The members of a control, or of its payload. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of a value of any kind; only objects have any. */
export function members(value: unknown): Members {
  return typeof value === "object" && value !== null ? value as Members : {};
}

export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

/** Whether a value is an array of such elements. `every` would pass over holes, of which a clone can have any number. */
export function isEach(value: unknown, isOne: (element: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (const element of value) if (!isOne(element)) return false;
  return true;
}

export function isStrings(value: unknown): value is readonly string[] {
  return isEach(value, (each) => typeof each === "string");
}

export const TOPICS_FAULT = "topics is not an array of strings";
