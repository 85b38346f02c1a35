import { PastCallback } from "../../../core/history/past_callback.ts";
import type { EnvelopeListener } from "../../../core/types.ts";
import type { AddReader } from "./resumed_state.ts";

/**
 * Calls a listener with events of the past, and then with live ones. `handle` gets the properties `position`, `gaps` and
 * `replayed`. Returns a function that removes the listener.
 */
export function listenResumed(
  add: AddReader,
  listener: EnvelopeListener,
  handle: object,
  report: (error: unknown) => void,
): () => void {
  const callback = new PastCallback(listener, handle, report);
  const stop = add({
    onReady: () => callback.onReady(),
    onBegin: (at) => void (callback.position ??= at),
    onPast: (event) => callback.hearPast(event),
    onLive: (event) => callback.hear(event),
    onLoss: () => callback.onLoss(),
    onResume() {},
    onReplayed(at) {
      callback.position = at ?? callback.position;
      callback.settle();
    },
    onEnd: (error) => callback.onEnd(error),
  });
  return () => {
    callback.stop();
    stop();
  };
}
