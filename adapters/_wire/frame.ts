import { envelopeFault } from "../../core/envelope.ts";
import { describe } from "../../core/describe.ts";
import { RESERVED_PREFIX } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { readVia, type Via } from "../../core/via.ts";

/** The version of the wire protocol that is spoken here. */
const PROTOCOL_VERSION = 1;

/** What an end of a wire says of itself. */
export interface Hello {
  /** The protocol version. */
  readonly version: number;
  /** Whether it understands frames of several envelopes. */
  readonly batch: boolean;
  /** The largest frame that it accepts, in bytes. */
  readonly maxFrameBytes?: number;
  /** Whether a link wants what it published itself, from a hub that has an upstream; it does where it does not say. */
  readonly echo?: boolean;
  /** Whether it takes frames that are deflated. */
  readonly deflate?: boolean;
}

/** A topic that was refused, and why. */
export interface RefusedTopic {
  /** The topic, as it was asked for. */
  readonly topic: string;
  /** The reason, for people. */
  readonly reason: string;
}

/** What the ends of a wire tell each other beside events; see `docs/architecture/wire-protocol.md`. */
export type Control =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "subscribe"; readonly ref: string; readonly topics: readonly string[] }
  | { readonly kind: "unsubscribe"; readonly ref: string; readonly topics: readonly string[] }
  | {
    readonly kind: "subscribed";
    readonly ref: string;
    readonly topics: readonly string[];
    readonly refused: readonly RefusedTopic[];
  }
  | { readonly kind: "revoked"; readonly refused: readonly RefusedTopic[] }
  | { readonly kind: "gap"; readonly topics?: readonly string[] }
  | { readonly kind: "ping"; readonly ref: string }
  | { readonly kind: "pong"; readonly ref: string }
  | { readonly kind: "bye"; readonly reason?: string };

/** Who is given the envelopes of a frame, checked, and says of each whether to go on with the frame. */
export interface FrameReader {
  /**
   * An event arrived: it, and nothing else that its sender put into it; and the way that it has come, by what its
   * sender says.
   */
  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean;
  /** A control arrived. */
  onControl(control: Control): boolean;
}

/** Where an envelope that names one is not about one of several. */
const NO_REF = "";

/**
 * What this end says of itself.
 *
 * @param maxFrameBytes The largest frame that it accepts, in bytes; infinite where it has no bound.
 * @param echo Whether it wants what it published itself; a hub does not say.
 * @param deflate Whether it takes frames that are deflated.
 * @returns The control.
 */
export function helloControl(maxFrameBytes: number, echo?: boolean, deflate = false): Control {
  const bound = Number.isFinite(maxFrameBytes) ? { maxFrameBytes: Math.floor(maxFrameBytes) } : {};
  const wish = { ...(echo !== undefined && { echo }), ...(deflate && { deflate }) };
  return { kind: "hello", hello: { version: PROTOCOL_VERSION, batch: true, ...bound, ...wish } };
}

/**
 * The envelope of a control.
 *
 * @param control What to tell.
 * @returns Its envelope, whose type no event can have.
 */
export function controlEnvelope(control: Control): EventEnvelope {
  const { kind } = control;
  const type = RESERVED_PREFIX + kind;
  switch (kind) {
    case "hello":
      return { type, id: NO_REF, payload: control.hello };
    case "subscribe":
    case "unsubscribe":
      return { type, id: control.ref, payload: { topics: control.topics } };
    case "subscribed":
      return { type, id: control.ref, payload: { topics: control.topics, refused: control.refused } };
    case "revoked":
      return { type, id: NO_REF, payload: { refused: control.refused } };
    case "gap":
      return { type, id: NO_REF, payload: { topics: control.topics } };
    case "ping":
    case "pong":
      return { type, id: control.ref, payload: undefined };
    case "bye":
      return { type, id: NO_REF, payload: { reason: control.reason } };
  }
}

/**
 * Reads a frame: one envelope, or an array of envelopes in order. What is malformed is passed over, what has an
 * unknown reserved type is ignored.
 *
 * @param frame A decoded value of any shape.
 * @param reader Who is given each envelope.
 * @returns What was wrong with the first malformed envelope and how many there were, or `undefined`.
 */
export function readFrame(frame: unknown, reader: FrameReader): string | undefined {
  const values: readonly unknown[] = Array.isArray(frame) ? frame : [frame];
  let fault: string | undefined;
  let faults = 0;
  for (const value of values) {
    const next = readEnvelope(value, reader);
    if (next === false) break;
    if (next === true) continue;
    fault ??= `${next}: ${describe(value)}`;
    faults++;
  }
  return faults > 1 ? `${faults} of ${values.length} envelopes, the first because ${fault}` : fault;
}

/** Whether to go on after an envelope, or what is wrong with it. */
function readEnvelope(value: unknown, reader: FrameReader): boolean | string {
  const { type, id, payload, via } = members(value);
  const fault = envelopeFault(value);
  if (fault === undefined) {
    // A fresh object: whatever else the peer put into the envelope stays outside. envelopeFault() found two strings.
    return reader.onEvent({ type, id, payload } as EventEnvelope, readVia(via));
  }
  if (typeof type !== "string" || !type.startsWith(RESERVED_PREFIX)) return fault;
  if (typeof id !== "string") return "a control envelope has no id";
  const control = readControl(type.slice(RESERVED_PREFIX.length), id, payload);
  return typeof control === "object" ? reader.onControl(control) : control ?? true;
}

/** A control, what is wrong with it, or `undefined` if it is to be ignored. */
function readControl(kind: string, ref: string, payload: unknown): Control | string | undefined {
  const { topics, refused, reason } = members(payload);
  switch (kind as Control["kind"]) {
    case "hello":
      return readHello(members(payload));
    case "subscribe":
    case "unsubscribe":
      if (!isStrings(topics)) return "topics is not an array of strings";
      return { kind: kind as "subscribe" | "unsubscribe", ref, topics };
    case "subscribed":
      if (!isStrings(topics)) return "topics is not an array of strings";
      if (refused !== undefined && !isRefused(refused)) {
        return "refused is not an array of topics with reasons";
      }
      return { kind: "subscribed", ref, topics, refused: refused ?? [] };
    case "revoked":
      return isRefused(refused)
        ? { kind: "revoked", refused }
        : "refused is not an array of topics with reasons";
    case "gap":
      if (topics === undefined) return { kind: "gap" };
      return isStrings(topics) ? { kind: "gap", topics } : "topics is not an array of strings";
    case "ping":
    case "pong":
      return { kind: kind as "ping" | "pong", ref };
    case "bye":
      return { kind: "bye", ...(typeof reason === "string" ? { reason } : {}) };
  }
  return undefined;
}

function readHello({ version, batch, maxFrameBytes, echo, deflate }: Members): Control | string {
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
      ...(typeof echo === "boolean" && { echo }),
      ...(deflate === true && { deflate }),
    },
  };
}

type Members = Readonly<Record<string, unknown>>;

/** The members of a value that may be anything; a value without any has none. */
function members(value: unknown): Members {
  return typeof value === "object" && value !== null ? value as Members : {};
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isRefused(value: unknown): value is readonly RefusedTopic[] {
  return Array.isArray(value) &&
    value.every((each) =>
      typeof members(each)["topic"] === "string" && typeof members(each)["reason"] === "string"
    );
}
