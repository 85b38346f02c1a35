import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { PayloadIssue } from "../../core/defined_events.ts";
import { describe, printable } from "../../core/describe.ts";
import { envelopeFault } from "../../core/envelope.ts";
import { RESERVED_PREFIX } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { exceedsUtf8Length } from "../../core/utf8.ts";
import { readVia, type Via } from "../../core/via.ts";
import type { Control, Hello, OwnHello, RefusedTopic } from "./controls.ts";

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
  const { type, id, payload } = members(value);
  // Cast: envelopeFault() has found two strings.
  return { type, id, payload } as EventEnvelope;
}

/** The hubs that an event has passed through, as its sender claims. */
export function viaIn(value: unknown): Via | undefined {
  return readVia(members(value)["via"]);
}

/** Reads the payload of a control of a kind that not every end knows. */
export type ControlReader = (kind: string, ref: string, payload: Members) => Control | string | undefined;

/** Reads a value that is not an event. Returns a string if it is malformed, and `undefined` if it must be ignored. */
export function readControl(value: unknown, readMore?: ControlReader): Control | string | undefined {
  const { type, id, payload } = members(value);
  if (typeof type !== "string" || !type.startsWith(RESERVED_PREFIX)) return envelopeFault(value);
  if (typeof id !== "string") return "a control envelope has no id";
  if (exceedsUtf8Length(id, MAX_REF_BYTES)) {
    return `the id of a control is longer than ${MAX_REF_BYTES} bytes`;
  }
  const kind = type.slice(RESERVED_PREFIX.length);
  return readKind(kind, id, members(payload)) ?? readMore?.(kind, id, members(payload));
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
  const { topics, refused, code, topic, reason, issues, more, up, hops, since, history, replay } = payload;
  switch (kind as Control["kind"]) {
    case "hello":
      return readHello(payload);
    case "subscribe":
      if (!isStrings(topics)) return TOPICS_FAULT;
      return { kind: "subscribe", ref, topics, ...(since !== undefined && { since }) };
    case "unsubscribe":
      if (typeof replay === "string") {
        return { kind: "unsubscribe", ref, topics: isStrings(topics) ? topics : [], replay };
      }
      return isStrings(topics) ? { kind: "unsubscribe", ref, topics } : TOPICS_FAULT;
    case "subscribed":
      if (!isStrings(topics)) return TOPICS_FAULT;
      if (refused !== undefined && !isRefused(refused)) return REFUSED_FAULT;
      return {
        kind: "subscribed",
        ref,
        topics,
        refused: (refused ?? []).flatMap(eachRefused),
        ...(history !== undefined && { history }),
      };
    case "revoked":
      return isRefused(refused) ? { kind: "revoked", refused: refused.flatMap(eachRefused) } : REFUSED_FAULT;
    case "gap":
      if (topics === undefined) return { kind: "gap" };
      return isStrings(topics) ? { kind: "gap", topics } : TOPICS_FAULT;
    case "upstream":
      return { kind: "upstream", up: up === true, ...(isCount(hops) && { hops }) };
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
  const {
    version,
    batch,
    maxFrameBytes,
    echo,
    deflate,
    heartbeatMs,
    history,
    rejections,
    link,
    credentials,
  } = payload;
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
      ...(history === true && { history }),
      ...(rejections === true && { rejections }),
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

/** Whether a value is an array of such elements. `every` would pass over holes, of which a clone can have any number. */
function isEach(value: unknown, isOne: (element: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (const element of value) if (!isOne(element)) return false;
  return true;
}

function isStrings(value: unknown): value is readonly string[] {
  return isEach(value, (each) => typeof each === "string");
}

/** The topics of an item of `refused`, each as an item of its own. */
function eachRefused({ topic, reason, also }: RefusedTopic): RefusedTopic[] {
  return [topic, ...isStrings(also) ? also : []].map((topic) => ({ topic, reason }));
}

function isRefused(value: unknown): value is readonly RefusedTopic[] {
  return isEach(value, (each) => {
    const { topic, reason } = members(each);
    return typeof topic === "string" && typeof reason === "string";
  });
}

function isIssues(value: unknown): value is readonly PayloadIssue[] {
  return isEach(value, (each) => {
    const { message, path = [] } = members(each);
    return typeof message === "string" && Array.isArray(path);
  });
}
