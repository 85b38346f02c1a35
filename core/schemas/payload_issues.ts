import { printable } from "../describe.ts";
import type { PayloadIssue } from "../defined_events.ts";
import { utf8Length } from "../utf8.ts";

/** The most that the issues of a payload take as JSON, in bytes. */
const MAX_ISSUES_BYTES = 512;

/** The longest message of an issue, and the longest key of a path, in characters. */
const MAX_MESSAGE_LENGTH = 200;
const MAX_KEY_LENGTH = 64;
const MAX_PATH_LENGTH = 16;

/** The message where it is not known whether the payload is quoted. */
const INVALID = "invalid";

/**
 * Copies the first issues that a schema returned. The copies are bounded and can be printed and kept, and have no values of
 * the payload: some libraries quote these in messages, or add them to paths. Never throws.
 */
export function publicIssues(issues: unknown, payload: unknown): readonly PayloadIssue[] {
  const copies: PayloadIssue[] = [];
  try {
    if (!Array.isArray(issues)) return copies;
    const quotes = quotesOf(payload);
    let bytes = 2;
    for (let i = 0; i < issues.length; i++) {
      const copy = publicIssue(issues[i], quotes);
      bytes += utf8Length(JSON.stringify(copy)) + 1;
      if (bytes > MAX_ISSUES_BYTES) break;
      copies.push(copy);
    }
  } catch {
    // A proxy or a getter of a hostile schema.
  }
  return copies;
}

function publicIssue(issue: unknown, quotes: readonly Quote[] | undefined): PayloadIssue {
  const { message, path }: { message?: unknown; path?: unknown } = Object(issue);
  const keys = Array.isArray(path) ? keysOf(path) : [];
  const text = typeof message === "string" && quotes !== undefined
    ? upToQuote(message.slice(0, MAX_MESSAGE_LENGTH), quotes)
    : INVALID;
  const copy = { message: printable(text, MAX_MESSAGE_LENGTH) };
  return keys.length === 0 ? copy : { ...copy, path: keys };
}

/** Not by a method of the path: ArkType has a class of arrays of its own. */
function keysOf(path: readonly unknown[]): (string | number)[] {
  return Array.from({ length: Math.min(path.length, MAX_PATH_LENGTH) }, (_, i) => keyOf(path[i]));
}

function keyOf(segment: unknown): string | number {
  const key: unknown = typeof segment === "object" && segment !== null && "key" in segment
    ? segment.key
    : segment;
  return typeof key === "number" ? key : printable(String(key), MAX_KEY_LENGTH);
}

/** How many values of a payload are looked for in a message. */
const MAX_VALUES = 256;

/** A text is found by its first characters: libraries cut what they quote. */
const QUOTED_LENGTH = 16;

/** A shorter text is found only between quotes: it can be a part of a word. */
const MIN_BARE_LENGTH = 3;

/** A value of a payload, as a message quotes it. */
interface Quote {
  readonly text: string;
  /** Whether it is not a part of a longer number or word. */
  readonly isNumber: boolean;
}

/** A message up to the first value of the payload in it. */
function upToQuote(message: string, quotes: readonly Quote[]): string {
  let end = message.length;
  for (const { text, isNumber } of quotes) {
    let at = message.indexOf(text);
    while (isNumber && at >= 0 && isPart(message, at, text.length)) at = message.indexOf(text, at + 1);
    if (at >= 0 && at < end) end = at;
  }
  return end === message.length ? message : `${message.slice(0, end)}…`;
}

function isPart(message: string, at: number, length: number): boolean {
  return /\w/.test(message.charAt(at - 1)) || /\w/.test(message.charAt(at + length));
}

/** The texts and numbers of a payload, or `undefined` if there are too many to look for. */
function quotesOf(payload: unknown): readonly Quote[] | undefined {
  const quotes: Quote[] = [];
  const parts: unknown[] = [payload];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (typeof part === "string") quotes.push(...quotesOfText(part));
    else if (typeof part === "number" || typeof part === "bigint") {
      quotes.push({ text: String(part), isNumber: true });
    } else if (typeof part === "object" && part !== null) {
      const members = membersOf(part, MAX_VALUES - parts.length);
      if (members === undefined) return undefined;
      parts.push(...members);
    }
  }
  return quotes;
}

function quotesOfText(value: string): Quote[] {
  if (value === "") return [];
  const text = value.slice(0, QUOTED_LENGTH);
  const escaped = JSON.stringify(text).slice(1, -1);
  const texts = value.length >= MIN_BARE_LENGTH ? [text] : [`"${text}"`, `'${text}'`, `\`${text}\``];
  if (escaped !== text) texts.push(escaped);
  return texts.map((text) => ({ text, isNumber: false }));
}

/** The values in an object, or `undefined` if there are more than so many. */
function membersOf(part: object, most: number): unknown[] | undefined {
  if (part instanceof Date) return [String(part), part.toJSON()];
  if (ArrayBuffer.isView(part)) return undefined;
  const members: unknown[] = [];
  if (part instanceof Map || part instanceof Set) {
    for (const entry of part.entries()) if (members.push(...entry) > most) return undefined;
  }
  // Not by Object.values(), which would copy a million of them first.
  for (const key in part) if (members.push(Reflect.get(part, key)) > most) return undefined;
  return members;
}
