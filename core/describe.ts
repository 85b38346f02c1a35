/** Describes any value for an error message, in at most a hundred characters. Never throws. */
export function describe(value: unknown): string {
  // JSON has neither NaN nor Infinity.
  if (typeof value === "number") return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A cycle, a BigInt or a hostile toJSON(): use the type instead.
  }
  text ??= typeof value;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
