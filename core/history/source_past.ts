import type { BaseEventTarget } from "../base_event_target.ts";
import type { Past } from "../history_of.ts";
import type { HistoryFrom } from "../history_source.ts";
import { type Topic, topicOf } from "../topic.ts";
import { NoHistoryError } from "./errors.ts";
import { assertFrom } from "./from.ts";
import { listenFrom } from "./listen_from.ts";
import type { ReplaySource } from "./replay.ts";
import { ReplayedState } from "./replayed_state.ts";

/** The past of the subscriptions of an event target that has a history itself. */
export abstract class SourcePast implements Past {
  protected abstract readonly events: ReplaySource;
  /** Unset for a history that no event target of this process has. */
  protected abstract readonly target: BaseEventTarget | undefined;

  abstract declares(type: string): boolean;

  has(topic: Topic, from: HistoryFrom = "now"): boolean {
    assertFrom(topic, from);
    if (this.declares(topic.type)) return true;
    if (from === "now") return false;
    throw new NoHistoryError(topicOf(topic.type, topic.id));
  }

  readonly subscribe: Past["subscribe"] = (topic, options, open) =>
    new ReplayedState(options, open, this.events, topic);

  readonly listen: Past["listen"] = (type, id, listener, { from = "now" }, handle) => {
    if (this.target === undefined) throw new TypeError("Cannot listen: the history has no event target");
    return listenFrom(this.target, this.events, { type, id }, listener, from, handle);
  };
}
