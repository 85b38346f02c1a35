import type { BaseEventTarget } from "../base_event_target.ts";
import type { HistoryFrom } from "../history_source.ts";
import { type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener } from "../types.ts";
import { PastCallback } from "./past_callback.ts";
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
  const callback = new PastCallback(listener, handle, (error) => {
    target.report("listener", error, topicOf(type, id));
  });
  let isFirst = true;
  let isListening = false;

  const read = (): void => {
    if (!callback.stopped) replay.read(take);
  };
  const take = (page: ReplayPage): void => {
    if (callback.stopped) return;
    callback.position = (page.events.length === 0 ? page.at : page.from) ?? callback.position;
    // Callbacks can publish: a page without events is the last one. A gap is not reported before `on` returns.
    const isLast = page.done && page.events.length === 0 && (page.whole || isListening);
    const events = isLast ? replay.goLive() : page.events;
    if (isFirst) callback.onReady();
    isFirst = false;
    const hear = (): void => {
      if (!page.whole) callback.onLoss();
      for (const event of events) callback.hearPast(event);
      if (isLast) callback.settle();
      else read();
    };
    if (isLast) hear();
    else queueMicrotask(hear);
  };

  const stop = target.listen(type, id, {
    onEvent: (event) => replay.skips(event) ? undefined : callback.hear(event),
    onReady: read,
    onGap: () => callback.onGap(),
    onEnd: (error) => callback.onEnd(error),
  });
  isListening = true;
  return () => {
    callback.stop();
    stop();
  };
}
