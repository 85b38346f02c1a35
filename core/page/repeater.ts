/**
 * Bundlers for pages load this module in place of `core/repeater.ts`. A subscription needs no part of `Repeater` but its
 * name, and few pages ask for `instanceof`.
 *
 * @module
 */

/** Does nothing: in a page, a subscription is not an instance of `Repeater`. */
export function inheritRepeater(_ofClass: { readonly prototype: object }): void {}

/** An error that has the name of the class that `Repeater` throws. */
export function overflowError(message: string): Error {
  return Object.assign(new Error(message), { name: "RepeaterOverflowError" });
}
