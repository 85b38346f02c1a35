/**
 * Bundlers for pages load this module in place of `core/console.ts`: the console of a browser shows an object itself.
 *
 * @module
 */

/** Does nothing. */
export function showOnConsole<T>(_ofClass: { readonly prototype: T }, _show: unknown): void {}
