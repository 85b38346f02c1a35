/** The callbacks that wait for each signal: a signal gets one native listener however many wait for it. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once a signal aborts. Thousands may wait for one signal: they cost one native listener together, so
 * that Node prints no `MaxListenersExceededWarning`.
 *
 * @param signal A signal that has not aborted yet.
 * @param callback What to call; it must not throw.
 * @returns A function that stops waiting.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = waiting.get(signal) ?? awaitSignal(signal);
  // Each call has its own entry, also where two of them wait with the same function.
  const entry = (): void => callback();
  callbacks.add(entry);
  return () => callbacks.delete(entry);
}

function awaitSignal(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  signal.addEventListener("abort", () => {
    waiting.delete(signal);
    // What is removed by an earlier callback is not called any more: a Set's iteration sees to it.
    for (const callback of callbacks) callback();
    callbacks.clear();
  }, { once: true });
  return callbacks;
}
