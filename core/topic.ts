import { describe } from "./describe.ts";
import { isWellFormed } from "./platform.ts";

/** The topic that stands for all events. */
export const EVERY_TOPIC = "*";

/** The prefix of event types that are reserved for the wire protocol. */
export const RESERVED_PREFIX = "__";

/** The maximum length of a topic as UTF-8, in bytes. */
export const MAX_TOPIC_BYTES = 1024;

const SEPARATOR = ":";
const MAX_UTF8_BYTES_PER_UNIT = 3;

/** A topic in two parts. Without an id, it stands for every id of the type, or for all events if the type is `*`. */
export interface Topic {
  /** The event type. */
  readonly type: string;
  /** The id, or `undefined` for every id of the type. */
  readonly id: string | undefined;
}

/** Joins a type and an id to a topic. Without an id, the bare type is the topic. */
export function topicOf(type: string, id: string | undefined): string {
  return id === undefined ? type : type + SEPARATOR + id;
}

/** Whether a topic is that of a type and an id. In a run of one topic, its string is built once. */
export function isTopic(topic: string, type: string, id: string): boolean {
  const isLast = type === lastType && id === lastId;
  return topic === (isLast ? lastTopic ??= topicOf(type, id) : topicOf(type, id));
}

/** Splits a topic at its first separator. Nothing is checked. */
export function splitTopic(topic: string): Topic {
  const at = topic.indexOf(SEPARATOR);
  return at < 0
    ? { type: topic, id: undefined }
    : { type: topic.slice(0, at), id: topic.slice(at + SEPARATOR.length) };
}

/** Whether two topics can stand for the same event. */
export function topicsOverlap(a: Topic, b: Topic): boolean {
  if (isEvery(a) || isEvery(b)) return true;
  return a.type === b.type && (a.id === undefined || b.id === undefined || a.id === b.id);
}

function isEvery({ type, id }: Topic): boolean {
  return type === EVERY_TOPIC && id === undefined;
}

/** The reason why a type and an id are not a topic, or `undefined` if they are. Without an id, checks the bare type. */
export function topicFault(type: unknown, id: unknown): string | undefined {
  if (type === lastType && id === lastId) return undefined;
  if (typeof type !== "string") return "the event type is not a string";
  const fault = (type === lastType ? undefined : typeFault(type)) ??
    (id === undefined ? sizeFault(type, undefined) : idFault(type, id));
  if (fault !== undefined) return fault;
  if (type !== lastType) lastType = type;
  lastId = id;
  lastTopic = undefined;
  return undefined;
}

// The topic that was found valid last, since events come in runs of one topic, and its string, once that is known. At first
// it equals nothing.
let lastType: unknown = {};
let lastId: unknown;
let lastTopic: string | undefined;

/** The type and the id of the topic that was found valid last. Equal strings are compared faster if they are one. */
export function lastValidType(): unknown {
  return lastType;
}

export function lastValidId(): unknown {
  return lastId;
}

function idFault(type: string, id: unknown): string | undefined {
  if (typeof id !== "string") return "the id is not a string";
  if (!isWellFormed(id)) return "the id has a lone surrogate";
  return sizeFault(type, id);
}

function typeFault(type: string): string | undefined {
  if (type === "") return "the event type is empty";
  if (type === EVERY_TOPIC) return `the event type "${EVERY_TOPIC}" stands for every type`;
  if (type.startsWith(RESERVED_PREFIX)) {
    return `event types that start with "${RESERVED_PREFIX}" are reserved`;
  }
  if (type.includes(SEPARATOR)) return `the event type contains "${SEPARATOR}"`;
  return isWellFormed(type) ? undefined : "the event type has a lone surrogate";
}

function sizeFault(type: string, id: string | undefined): string | undefined {
  const units = type.length + (id === undefined ? 0 : SEPARATOR.length + id.length);
  // Nearly every topic is too short to need measuring.
  if (units * MAX_UTF8_BYTES_PER_UNIT <= MAX_TOPIC_BYTES) return undefined;
  return units > MAX_TOPIC_BYTES || utf8LengthOf(topicOf(type, id)) > MAX_TOPIC_BYTES
    ? `the topic is longer than ${MAX_TOPIC_BYTES} bytes`
    : undefined;
}

/** The bytes of a short, well-formed text as UTF-8. A page without a wire has no other use for `utf8.ts`, which is faster. */
function utf8LengthOf(text: string): number {
  // Not every platform has one.
  if (globalThis.TextEncoder) return new TextEncoder().encode(text).length;
  return encodeURIComponent(text).replace(/%../g, "x").length;
}

/** The reason why nobody can subscribe to a topic, a bare type or `*`, or `undefined` if one can. */
export function subscriptionFault(topic: Topic): string | undefined {
  return isEvery(topic) ? undefined : topicFault(topic.type, topic.id);
}

export function assertSubscribable(topic: Topic): void {
  const fault = subscriptionFault(topic);
  if (fault !== undefined) throw new TypeError(`Cannot listen to ${describe(topic)}: ${fault}`);
}
