/**
 * Bytes as a client gives them: what is used of Node's `Buffer`, whose own type would ask everybody who installs this
 * for the types of Node.
 */
export interface ClientBytes extends Uint8Array {
  /** The text that some of them are, as UTF-8. */
  toString(encoding?: "utf8", start?: number, end?: number): string;
}

/**
 * Whether some bytes start with others.
 *
 * @param bytes The bytes.
 * @param head What they may start with.
 * @returns Whether they do.
 */
export function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  // Names, and what contains them, differ at their end more often than at their start.
  for (let i = head.length - 1; i >= 0; i--) if (bytes[i] !== head[i]) return false;
  return true;
}
