/** Reads the names of channels. They come in rows, and to compare bytes costs a fraction of reading them as text. */
export class NameReader {
  #bytes: Uint8Array | undefined;
  #name = "";

  /**
   * Reads a name.
   *
   * @param bytes A `Buffer`, of which `String()` is its text.
   * @returns The name.
   */
  read(bytes: Uint8Array): string {
    if (this.#bytes === undefined || !areEqual(bytes, this.#bytes)) {
      this.#name = String(bytes);
      this.#bytes = bytes;
    }
    return this.#name;
  }
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  const { length } = one;
  if (length !== other.length) return false;
  // Names differ at their end more often than at their start.
  for (let i = length - 1; i >= 0; i--) if (one[i] !== other[i]) return false;
  return true;
}
