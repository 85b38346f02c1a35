/** An event of a page, with the members of all its kinds. */
interface PageEvent {
  readonly type: string;
  /** Whether a `pageshow` restores the page. The first one of a page does not. */
  readonly persisted?: boolean;
  readonly target: { readonly visibilityState?: string };
}

/** The part of the global scope that is used, where there is one. */
interface Scope {
  addEventListener?(type: string, listener: (event: PageEvent) => void, options: object): void;
}

/**
 * Calls back when a connection may have died unseen, or can be made again: a browser's network is back, or its page is
 * visible again, restored or no longer frozen. Returns a function that stops.
 */
export function onWakeUp(callback: () => void): () => void {
  const controller = new AbortController();
  const listener = ({ type, persisted, target }: PageEvent): void => {
    if (persisted !== false && (type === "resume" || target.visibilityState !== "hidden")) callback();
  };
  // Cast: other platforms lack some of these events, or the method. Capturing listeners hear the document's events too.
  const scope = globalThis as unknown as Scope;
  for (const type of ["online", "pageshow", "resume", "visibilitychange"]) {
    scope.addEventListener?.(type, listener, { capture: true, signal: controller.signal });
  }
  return () => controller.abort();
}
