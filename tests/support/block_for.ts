/**
 * Keeps the thread busy, so that nothing else on it runs.
 *
 * @param ms How long, in milliseconds.
 */
export function blockFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
