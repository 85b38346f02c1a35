import type { EventForm } from "./history/event_form.ts";
import type { KeptEvents } from "./history/kept_events.ts";
import type { HistoryFrom, HistorySource, MemoryHistory } from "./history_source.ts";
import type { SubscribeOptions, SubscriptionState } from "./subscription_state.ts";
import type { Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, EventTargetOptions, PubSubEventTarget } from "./types.ts";

/** The option that needs a history. */
export type StartOptions = Pick<SubscribeOptions, "from">;

/** How a history serves subscriptions. Its module does so, so that programs without a history do not load the code. */
export interface TargetHistory extends HistorySource<EventEnvelope> {
  /** Whether it has the events of a topic. Throws if it cannot, and `from` needs it. */
  has(topic: Topic, from: HistoryFrom | undefined): boolean;
  subscribe<T extends EventEnvelope>(
    topic: Topic,
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
  ): SubscriptionState<T>;
  /** Listens as a callback of `on`, whose properties it adds to `handle`. */
  listen(
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    options: StartOptions,
    handle: object,
  ): () => void;
}

/** A history to which an event target gives its events. */
export interface KeepingHistory extends MemoryHistory<EventEnvelope> {
  /** Creates the event target that it belongs to. */
  createEventTarget(options: EventTargetOptions): PubSubEventTarget;
  /** Gives its events to an event target that keeps them in a form of its own. */
  keepAs<TEvent>(form: EventForm<TEvent>): KeptEvents<TEvent>;
}

/** The history of a topic. */
export function historyOf(
  target: PubSubEventTarget,
  topic: Topic,
  { from }: StartOptions,
): TargetHistory | undefined {
  // Cast: every history of the library is one. Another one is not used here.
  const history = target.history as TargetHistory | undefined;
  if (history?.has?.(topic, from)) return history;
  if ((from ?? "now") === "now") return undefined;
  throw new TypeError("Cannot use from without a history");
}
