/** Describes any value for an error message, in at most a hundred characters. Never throws. */
export function describe(value: unknown): string {
  // JSON has neither NaN nor Infinity.
  if (typeof value === "number") return String(value);
  let text: string | undefined;
  try {
    // The JSON of an instance says little, and can have secrets, such as the password of a client.
    const name = typeof value === "object" ? value?.constructor?.name ?? "Object" : "Object";
    text = name === "Object" || name === "Array" ? JSON.stringify(value) : `[${name}]`;
  } catch {
    // A cycle, a BigInt or a hostile toJSON(): use the type instead.
  }
  text ??= typeof value;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return toError(error).message;
}

/** Anything that was thrown, as an `Error`: a value that is none becomes its `cause`. Never throws. */
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
