import type { HistoryFrom, Position } from "../../core/history_source.ts";

/**
 * Where a topic of a `__subscribe` begins: after a position, at another place, or live, with `null`. `{ from: "now" }` is
 * live too. It only makes sure that the answer has the position of the topic: without it, an answer that would be more
 * than twice as long as the request leaves positions out.
 */
export type Since = Position | { readonly from: HistoryFrom } | null;

/** The place of a topic in the history of the hub, in the answer to a `__subscribe`. */
export interface TopicHistory {
  /** The position where the topic begins: before the first event that is replayed, or of the newest event. */
  readonly at: Position;
  /** Whether nothing that was asked for is missing before the first event. `true` if no past was asked for. */
  readonly whole: boolean;
}

/**
 * The next `count` events of the connection belong to the replay of the topic that the `__subscribe` with this ref asked
 * for, and to nothing else. Controls can stand between them, and do not count.
 */
export interface ReplayControl {
  readonly kind: "replay";
  /** The ref of the `__subscribe`. */
  readonly ref: string;
  readonly topic: string;
  readonly count: number;
  /** `false` if events were forgotten that belong before these: a further gap. Otherwise absent. */
  readonly whole?: false;
}

/**
 * A replay has ended: events of the topic are live from here. Each topic that was asked for has exactly one, unless its
 * subscription or its replay ended before.
 */
export interface ReplayedControl {
  readonly kind: "replayed";
  /** The ref of the `__subscribe`. */
  readonly ref: string;
  readonly topic: string;
  /** The position up to which nothing is missing but what the gaps were told for. */
  readonly at: Position;
  /** Whether the whole replay was whole. If not, and no gap was told for it before, the gap is here. */
  readonly whole: boolean;
}

/** A position that no history has: what is asked from there gets a gap. */
export const NO_POSITION: Position = "";

/** The maximum length of a position, in characters. */
export const MAX_POSITION_LENGTH = 64;
const POSITION = /^[!#-[\]-~]+$/;
const PLACES: readonly unknown[] = ["now", "start", "latest"];

/** Reads a position: at most 64 visible ASCII characters that JSON does not escape. */
export function readPosition(value: unknown): Position | undefined {
  return typeof value === "string" && value.length <= MAX_POSITION_LENGTH && POSITION.test(value)
    ? value
    : undefined;
}

/** Reads where each topic of a `__subscribe` begins. What makes no sense is a position that no history has. */
export function readSince(value: unknown, topics: number): Since[] {
  const each: unknown[] = Array.isArray(value) ? value : Array(topics).fill(NO_POSITION);
  return Array.from({ length: topics }, (_, i) => readOneSince(each[i] ?? null));
}

function readOneSince(value: unknown): Since {
  if (typeof value !== "object") {
    return PLACES.includes(value) ? NO_POSITION : readPosition(value) ?? NO_POSITION;
  }
  return value === null ? null : { from: readFrom("from" in value ? value.from : undefined) };
}

function readFrom(value: unknown): HistoryFrom {
  if (typeof value !== "object" || value === null) {
    // Cast: the text is one of the places, or a position.
    return PLACES.includes(value) ? value as HistoryFrom : readPosition(value) ?? NO_POSITION;
  }
  if (
    "last" in value && typeof value.last === "number" && Number.isSafeInteger(value.last) && value.last > 0
  ) {
    return { last: value.last };
  }
  return "latest" in value ? { latest: readPosition(value.latest) ?? NO_POSITION } : NO_POSITION;
}

/** Reads the places of the topics of a `__subscribed`: `undefined` from a hub without a history. */
export function readTopicHistories(value: unknown, topics: number): (TopicHistory | null)[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const each: unknown[] = value;
  return Array.from({ length: topics }, (_, i) => readTopicHistory(each[i]));
}

function readTopicHistory(value: unknown): TopicHistory | null {
  if (typeof value !== "object" || value === null || !("at" in value)) return null;
  return { at: readPosition(value.at) ?? NO_POSITION, whole: "whole" in value && value.whole === true };
}

/** Reads a `__replay` or a `__replayed`, for a link that reads the past. */
export function readReplayControl(
  kind: string,
  ref: string,
  { topic, count, at, whole }: Readonly<Record<string, unknown>>,
): ReplayControl | ReplayedControl | string | undefined {
  if (kind !== "replay" && kind !== "replayed") return undefined;
  if (typeof topic !== "string") return "the topic of a replay is not a string";
  if (kind === "replayed") {
    return { kind, ref, topic, at: readPosition(at) ?? NO_POSITION, whole: whole === true };
  }
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    return "the count of a replay is not a whole number from 0";
  }
  return { kind, ref, topic, count, ...(whole === false && { whole }) };
}

/** The position of an event in the history of its type, as its sender claims. */
export function positionIn(value: unknown): Position | undefined {
  return typeof value === "object" && value !== null && "at" in value ? readPosition(value.at) : undefined;
}
