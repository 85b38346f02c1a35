import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { PayloadIssue } from "../../core/defined_events.ts";
import { describe, printable } from "../../core/describe.ts";
import { envelopeFault } from "../../core/envelope.ts";
import { RESERVED_PREFIX } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { exceedsUtf8Length } from "../../core/utf8.ts";
import { readVia, type Via } from "../../core/via.ts";

/** The version of the wire protocol that this library speaks. */
const PROTOCOL_VERSION = 1;

/** The maximum length of a reference as UTF-8, in bytes: answers repeat it. */
export const MAX_REF_BYTES = 1024;

/** The capabilities of one end of a wire. */
export interface Hello {
  /** The protocol version. */
  readonly version: number;
  /** Whether it reads frames of several envelopes. */
  readonly batch: boolean;
  /** The largest frame that it accepts, in bytes. */
  readonly maxFrameBytes?: number;
  /** Whether a link wants its own events back from a hub with an upstream; by default it does. */
  readonly echo?: boolean | undefined;
  /** Whether it accepts deflated frames. */
  readonly deflate?: boolean | undefined;
  /** How long it waits for a sign of life before it asks for one, in milliseconds. */
  readonly heartbeatMs?: number;
}

/** What only links say of themselves in their hello. */
export interface LinkHello {
  /** Whether it wants its own events back. */
  readonly echo?: boolean | undefined;
  /** The secret by which a hub recognizes the link over its connections. */
  readonly link: string;
  /** The number of this connection of the link, from 1. */
  readonly connection: number;
  /** What the link proves its rights with. */
  readonly credentials?: unknown;
}

/** A topic that was refused. */
export interface RefusedTopic {
  /** The topic, as it was asked for. */
  readonly topic: string;
  /** The reason, for people. */
  readonly reason: string;
  /** Further topics that were refused for the same reason. */
  readonly also?: readonly string[];
}

/**
 * The messages of the [wire protocol](https://github.com/alkdev/pubsub/blob/main/docs/architecture/wire-protocol.md)
 * beside events.
 */
export type Control =
  /** Both directions. */
  | {
    readonly kind: "hello";
    readonly hello: Hello;
    /** The payload that arrived, unchecked, if it has the identity of a link or credentials. */
    readonly who?: unknown;
  }
  /** Spoke to hub. */
  | { readonly kind: "subscribe"; readonly ref: string; readonly topics: readonly string[] }
  /** Spoke to hub. */
  | { readonly kind: "unsubscribe"; readonly ref: string; readonly topics: readonly string[] }
  /** Hub to spoke: the answer to a subscribe. */
  | {
    readonly kind: "subscribed";
    readonly ref: string;
    readonly topics: readonly string[];
    readonly refused: readonly RefusedTopic[];
  }
  /** Hub to spoke. */
  | { readonly kind: "revoked"; readonly refused: readonly RefusedTopic[] }
  /** Hub to spoke. */
  | { readonly kind: "gap"; readonly topics?: readonly string[] }
  /** Hub to spoke: whether the hub's upstream is there. */
  | { readonly kind: "upstream"; readonly up: boolean }
  /** Hub to spoke: an event was refused, and `more` ones before it that were not told of. */
  | {
    readonly kind: "rejected";
    readonly topic: string;
    readonly reason: string;
    readonly issues?: readonly PayloadIssue[];
    readonly more?: number;
  }
  /** Both directions: a question, and its answer. */
  | { readonly kind: "ping" | "pong"; readonly ref: string }
  /** Both directions. */
  | { readonly kind: "bye"; readonly code?: number; readonly reason?: string };

const HELLO = `${RESERVED_PREFIX}hello`;

/** The `id` of controls that are not requests or replies. */
const NO_REF = "";

/** What one end of a wire says of itself in its hello. */
export interface OwnHello extends Partial<LinkHello> {
  /** The largest frame that it accepts, in bytes; infinite if there is no bound. */
  readonly maxFrameBytes: number;
  /** How long it waits for a sign of life, in milliseconds; infinite if it does not ask. */
  readonly heartbeatMs: number;
  readonly deflate?: boolean | undefined;
}

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
  const { type, id, payload } = members(value);
  // Cast: envelopeFault() has found two strings.
  return { type, id, payload } as EventEnvelope;
}

/** The hubs that an event has passed through, as its sender claims. */
export function viaIn(value: unknown): Via | undefined {
  return readVia(members(value)["via"]);
}

/** Reads a value that is not an event. Returns a string if it is malformed, and `undefined` if it must be ignored. */
export function readControl(value: unknown): Control | string | undefined {
  const { type, id, payload } = members(value);
  if (typeof type !== "string" || !type.startsWith(RESERVED_PREFIX)) return envelopeFault(value);
  if (typeof id !== "string") return "a control envelope has no id";
  if (exceedsUtf8Length(id, MAX_REF_BYTES)) {
    return `the id of a control is longer than ${MAX_REF_BYTES} bytes`;
  }
  return readKind(type.slice(RESERVED_PREFIX.length), id, members(payload));
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

const TOPICS_FAULT = "topics is not an array of strings";
const REFUSED_FAULT = "refused is not an array of topics with reasons";

function readKind(kind: string, ref: string, payload: Members): Control | string | undefined {
  const { topics, refused, code, topic, reason, issues, more, up } = payload;
  switch (kind as Control["kind"]) {
    case "hello":
      return readHello(payload);
    case "subscribe":
    case "unsubscribe":
      if (!isStrings(topics)) return TOPICS_FAULT;
      return { kind: kind as "subscribe" | "unsubscribe", ref, topics };
    case "subscribed":
      if (!isStrings(topics)) return TOPICS_FAULT;
      if (refused !== undefined && !isRefused(refused)) return REFUSED_FAULT;
      return { kind: "subscribed", ref, topics, refused: (refused ?? []).flatMap(eachRefused) };
    case "revoked":
      return isRefused(refused) ? { kind: "revoked", refused: refused.flatMap(eachRefused) } : REFUSED_FAULT;
    case "gap":
      if (topics === undefined) return { kind: "gap" };
      return isStrings(topics) ? { kind: "gap", topics } : TOPICS_FAULT;
    case "upstream":
      return { kind: "upstream", up: up === true };
    case "rejected":
      if (typeof topic !== "string" || typeof reason !== "string") return REFUSED_FAULT;
      return {
        kind: "rejected",
        topic,
        reason: printable(reason),
        ...(isIssues(issues) && { issues }),
        ...(isCount(more) && { more }),
      };
    case "ping":
    case "pong":
      return { kind: kind as "ping" | "pong", ref };
    case "bye":
      return { kind: "bye", ...(isCount(code) && { code }), ...(typeof reason === "string" && { reason }) };
  }
  return undefined;
}

function readHello(payload: Members): Control | string {
  const { version, batch, maxFrameBytes, echo, deflate, heartbeatMs, link, credentials } = payload;
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
      ...(isCount(heartbeatMs) && heartbeatMs <= MAX_TIMER_MS && { heartbeatMs }),
    },
    ...((link ?? credentials) !== undefined && { who: payload }),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** The members of a value of any kind; only objects have any. */
function members(value: unknown): Members {
  return typeof value === "object" && value !== null ? value as Members : {};
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** The topics of an item of `refused`, each as an item of its own. */
function eachRefused({ topic, reason, also }: RefusedTopic): RefusedTopic[] {
  return [topic, ...isStrings(also) ? also : []].map((topic) => ({ topic, reason }));
}

function isRefused(value: unknown): value is readonly RefusedTopic[] {
  return Array.isArray(value) &&
    value.every((each) =>
      typeof members(each)["topic"] === "string" && typeof members(each)["reason"] === "string"
    );
}

function isIssues(value: unknown): value is readonly PayloadIssue[] {
  return Array.isArray(value) &&
    value.every((each) =>
      typeof members(each)["message"] === "string" && Array.isArray(members(each)["path"] ?? [])
    );
}
