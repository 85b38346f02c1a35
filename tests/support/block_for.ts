/** Keeps the thread busy, so that nothing else on it runs. */
export function blockFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
