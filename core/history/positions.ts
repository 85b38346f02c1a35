import type { Position } from "../history_source.ts";

const EPOCH_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const EPOCH_LENGTH = 5;
const SEPARATOR = ".";
const RADIX = 36;
/** The number of position 0, so that positions have the same length: JSON parsers are slow with short unique strings. */
const FIRST = RADIX ** 5;
const LAST_DIGITS = Array.from({ length: RADIX ** 2 }, (_, i) => i.toString(RADIX).padStart(2, "0"));
const NUMBER = /^[0-9a-z]{6,10}$/;

/** Writes the numbers of events as positions, such as `Xk3f9.1000zz`, which only the same epoch can read. */
export class Positions {
  readonly #prefix = `${randomEpoch()}${SEPARATOR}`;
  #high = -1;
  /** All of a position but its last digits. */
  #start = "";

  write(at: number): Position {
    const number = at + FIRST;
    const low = number % LAST_DIGITS.length;
    const high = (number - low) / LAST_DIGITS.length;
    if (high !== this.#high) {
      this.#high = high;
      this.#start = this.#prefix + high.toString(RADIX);
    }
    return this.#start + LAST_DIGITS[low];
  }

  /** The number of a position of this epoch, or `undefined` for any other value. */
  read(position: unknown): number | undefined {
    if (typeof position !== "string" || !position.startsWith(this.#prefix)) return undefined;
    const digits = position.slice(this.#prefix.length);
    const at = NUMBER.test(digits) ? parseInt(digits, RADIX) - FIRST : -1;
    return at >= 0 && Number.isSafeInteger(at) ? at : undefined;
  }
}

function randomEpoch(): string {
  const random = () => EPOCH_CHARACTERS[Math.floor(Math.random() * EPOCH_CHARACTERS.length)];
  return Array.from({ length: EPOCH_LENGTH }, random).join("");
}
