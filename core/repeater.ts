import { Repeater, RepeaterOverflowError } from "@repeaterjs/repeater";

/** Makes the objects of a class instances of `Repeater`. Pages load `page/repeater.ts` in place of this module. */
export function inheritRepeater(ofClass: { readonly prototype: object }): void {
  // The constructor of `Repeater` would make a queue, which these objects have no use for.
  Object.setPrototypeOf(ofClass.prototype, Repeater.prototype);
}

/** The error for too many pending calls of `next()`. */
export function overflowError(message: string): Error {
  return new RepeaterOverflowError(message);
}
