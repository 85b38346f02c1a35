// Parts of the platform that some runtimes lack, such as React Native.

/** A `DOMException`, or an `Error` of that name. */
export function domException(message: string, name: "AbortError" | "TimeoutError"): Error {
  return globalThis.DOMException
    ? new DOMException(message, name)
    : Object.assign(new Error(message), { name });
}

/** In Unicode mode, a pair of surrogates is one character: this finds lone ones. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** `String.prototype.isWellFormed()`. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Numbers that a peer cannot predict. A platform without `crypto` serves no peers: there, any numbers will do. */
export function randomNumbers(count: number): Int32Array {
  const numbers = new Int32Array(count);
  return globalThis.crypto?.getRandomValues(numbers) ?? numbers.map(() => Math.random() * 2 ** 32);
}
