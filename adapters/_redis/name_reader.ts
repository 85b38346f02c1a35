import { type ClientBytes, startsWith } from "./bytes.ts";

/** Reads the names of channels. They come in rows, and to compare bytes costs a fraction of reading them as text. */
export class NameReader {
  #bytes: ClientBytes | undefined;
  #name = "";

  /**
   * Reads a name.
   *
   * @param bytes The name as UTF-8.
   * @returns The name.
   */
  read(bytes: ClientBytes): string {
    if (bytes.length !== this.#bytes?.length || !startsWith(bytes, this.#bytes)) {
      this.#name = String(bytes);
      this.#bytes = bytes;
    }
    return this.#name;
  }
}
