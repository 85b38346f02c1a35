/**
 * A value in a few words, for error messages. Never throws, whatever the value.
 *
 * @param value Anything.
 * @returns At most a hundred characters.
 */
export function describe(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A cycle, a BigInt or a hostile toJSON(): the type has to say it.
  }
  text ??= typeof value;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/**
 * What something that was thrown says.
 *
 * @param error Anything.
 * @returns An error's message, or else its text.
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
