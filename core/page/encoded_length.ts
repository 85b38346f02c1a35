/**
 * Bundlers for pages load this module in place of `core/encoded_length.ts`, which is only faster.
 *
 * @module
 */

/** Measures nothing. */
export function encodedLength(_text: string): undefined {}
