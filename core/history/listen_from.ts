import type { BaseEventTarget } from "../base_event_target.ts";
import type { HistoryFrom, Position } from "../history_source.ts";
import { callSafely } from "../report.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope } from "../types.ts";
import type { Replayed } from "./past_state.ts";
import { Replay, type ReplayPage, type ReplaySource } from "./replay.ts";

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
  let position: Position | undefined;
  let gaps = 0;
  let whole = true;
  let stopped = false;
  let isListening = false;
  let settle = (_result: Replayed): void => {};
  const replayed = new Promise<Replayed>((resolve) => settle = resolve);

  const call = (callback: () => unknown): void => {
    callSafely(callback, (error) => target.report("listener", error, topicOf(type, id)));
  };
  const hear = (event: EventEnvelope): unknown => {
    if (event.at !== undefined) position = event.at;
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

  const read = (): void => {
    if (!stopped) replay.read(take);
  };
  const take = (page: ReplayPage): void => {
    if (stopped) return;
    const isFirst = position === undefined;
    position = page.events.length === 0 ? page.at : page.from;
    // Callbacks can publish: a page without events is the last one. A gap is not reported before `on` returns.
    const isLast = page.done && page.events.length === 0 && (page.whole || isListening);
    const held = isLast ? replay.goLive() : [];
    if (isFirst) call(() => listener.onReady?.());
    if (!isLast) return queueMicrotask(() => hearPage(page));
    hearAll(held, page.whole);
    settle({ whole });
  };
  const hearPage = ({ events, whole }: ReplayPage): void => {
    hearAll(events, whole);
    read();
  };
  const hearAll = (events: readonly EventEnvelope[], isWhole: boolean): void => {
    if (!isWhole && !stopped) {
      whole = false;
      call(onGap);
    }
    for (const event of events) if (!stopped) call(() => hear(event));
  };

  const stop = target.listen(type, id, {
    onEvent: (event) => replay.skips(event) ? undefined : hear(event),
    onReady: read,
    onGap,
    onEnd(error) {
      end();
      return listener.onEnd?.(error);
    },
  });
  isListening = true;
  Object.defineProperties(handle, {
    position: { get: () => position },
    gaps: { get: () => gaps },
    replayed: { value: replayed },
  });
  return () => {
    end();
    stop();
  };
}
