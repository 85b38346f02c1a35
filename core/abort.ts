/** The callbacks of each signal. A signal gets one native listener, however many callbacks it has. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal aborts that has not aborted yet, and returns a function that cancels this. The callback must
 * not throw. Thousands of callbacks share one native listener, so that Node prints no `MaxListenersExceededWarning`.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = waiting.get(signal) ?? awaitSignal(signal);
  // The same function can be registered twice.
  const entry = (): void => callback();
  callbacks.add(entry);
  return () => callbacks.delete(entry);
}

function awaitSignal(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  signal.addEventListener("abort", () => {
    waiting.delete(signal);
    // A Set's iteration skips what an earlier callback removes.
    for (const callback of callbacks) callback();
    callbacks.clear();
  }, { once: true });
  return callbacks;
}
