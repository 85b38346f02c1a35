import type { BaseEventTarget } from "../base_event_target.ts";
import type { HistoryFrom, Position } from "../history_source.ts";
import { callSafely } from "../report.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope } from "../types.ts";
import { Replay, type ReplaySource } from "./replay.ts";

/**
 * Calls a listener with the events of a log, one page a microtask, and then with live ones. `handle` gets the properties
 * `position`, `gaps` and `replayed`. Returns a function that removes the listener.
 */
export function listenFrom(
  target: BaseEventTarget,
  source: ReplaySource,
  { type, id }: Topic,
  listener: EnvelopeListener,
  from: HistoryFrom,
  handle: object,
): () => void {
  const replay = new Replay(source, { type, id }, from);
  let gaps = 0;
  let whole = true;
  let stopped = false;
  let settle = (_result: { readonly whole: boolean }): void => {};
  const replayed = new Promise<{ readonly whole: boolean }>((resolve) => settle = resolve);

  const call = (callback: () => unknown): void => {
    callSafely(callback, (error) => target.report("listener", error, topicOf(type, id)));
  };
  const hear = (event: EventEnvelope): unknown => {
    if (event.at !== undefined) replay.position = event.at;
    return listener.onEvent(event);
  };
  const onGap = (): unknown => {
    gaps++;
    return listener.onGap?.();
  };
  const end = (): void => {
    stopped = true;
    settle({ whole: whole && replay.live });
  };

  const readPage = (): void => {
    if (stopped) return;
    const page = replay.read();
    // Before any callback: what a callback publishes from here on comes live, or in the next page.
    const isLast = page.done && page.events.length === 0;
    if (isLast) {
      replay.position = page.at;
      replay.goLive(page.at);
    }
    if (!page.whole) {
      whole = false;
      call(onGap);
    }
    for (const event of page.events) if (!stopped) call(() => hear(event));
    if (isLast) settle({ whole });
    else queueMicrotask(readPage);
  };

  const stop = target.listen(type, id, {
    onEvent: (event) => replay.skips(event) ? undefined : hear(event),
    onReady: () => listener.onReady?.(),
    onGap,
    onEnd(error) {
      end();
      return listener.onEnd?.(error);
    },
  });
  if (replay.live) settle({ whole });
  else queueMicrotask(readPage);
  Object.defineProperties(handle, {
    position: { get: (): Position => replay.position },
    gaps: { get: () => gaps },
    replayed: { value: replayed },
  });
  return () => {
    end();
    stop();
  };
}
