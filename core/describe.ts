/** Controls, formatting such as a change of direction, lone surrogates, and line separators. */
const NOT_PRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const MAX_MESSAGE_LENGTH = 500;

/**
 * Text that may come from a peer, in a form that can be printed and kept: without characters that act on a terminal,
 * of at most so many characters.
 */
export function printable(text: string, maxLength: number = MAX_MESSAGE_LENGTH): string {
  return keepable(text.slice(0, maxLength + 1).replace(NOT_PRINTABLE, escape), maxLength);
}

/** A copy of at most so many characters: a slice, or text that is joined from slices, keeps all of it in memory. */
export function keepable(text: string, maxLength: number = MAX_MESSAGE_LENGTH): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 3)}...` : text;
  return JSON.parse(JSON.stringify(cut));
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const MAX_DESCRIPTION_LENGTH = 100;

/** Describes any value for an error message, in at most a hundred characters that can be printed. Never throws. */
export function describe(value: unknown): string {
  // JSON has neither NaN nor Infinity.
  if (typeof value === "number") return String(value);
  let text: string | undefined;
  try {
    // The JSON of an instance says little, and can have secrets, such as the password of a client.
    const name = typeof value === "object" ? value?.constructor?.name ?? "Object" : "Object";
    text = name === "Object" || name === "Array" ? JSON.stringify(value, firstElements) : `[${name}]`;
  } catch {
    // A cycle, a BigInt or a hostile toJSON(): use the type instead.
  }
  return printable(text ?? typeof value, MAX_DESCRIPTION_LENGTH);
}

/** Leaves out of JSON what would not be shown: a peer's array can have millions of holes. */
function firstElements(_key: string, value: unknown): unknown {
  return Array.isArray(value) ? value.slice(0, MAX_DESCRIPTION_LENGTH) : value;
}

/** The message of anything that was thrown, in a form that can be printed and kept. */
export function messageOf(error: unknown): string {
  return printable(toError(error).message);
}

/** The error for something that cannot be decoded. A syntax error is quoted and not kept: it holds the whole text. */
export function decodeError(what: string, cause: unknown): TypeError {
  const message = `Cannot decode ${what}: ${messageOf(cause)}`;
  return new TypeError(message, cause instanceof SyntaxError ? {} : { cause });
}

/** Anything that was thrown, as an `Error`: any other value becomes the `cause` of one. Never throws. */
export function toError(value: unknown): Error {
  let message: unknown = value;
  try {
    if (value instanceof Error) return value;
    // An error of another realm, such as a frame of the page, is no instance.
    if (typeof value === "object" && value !== null && "message" in value) message = value.message;
  } catch {
    // A revoked proxy or a hostile getter: described below.
  }
  return new Error(typeof message === "string" ? message : describe(value), { cause: value });
}
