/** The parts of the global scope that are used; each platform has some of them. */
interface Scope {
  addEventListener?(type: string, listener: (event: { persisted?: boolean }) => void, options: Options): void;
  readonly document?: {
    readonly visibilityState: string;
    addEventListener(type: string, listener: () => void, options: Options): void;
  };
}

interface Options {
  readonly signal: AbortSignal;
}

/**
 * Calls back when a connection may have died unseen, or can be made again: a browser's network is back, or its page is
 * visible again or restored. Returns a function that stops.
 */
export function onWakeUp(callback: () => void): () => void {
  const controller = new AbortController();
  const scope: Scope = globalThis;
  const { document } = scope;
  scope.addEventListener?.("online", callback, controller);
  // The first one of a page is no restoration.
  scope.addEventListener?.("pageshow", ({ persisted }) => persisted !== false && callback(), controller);
  document?.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") callback();
  }, controller);
  return () => controller.abort();
}
