import { describe } from "./describe.ts";
import type { EventForm } from "./history/event_form.ts";
import type { KeptEvents } from "./history/kept_events.ts";
import type { HistoryFrom, HistorySource, MemoryHistory } from "./history_source.ts";
import type { SubscribeOptions } from "./subscribe_options.ts";
import type { SubscriptionState } from "./subscription_state.ts";
import type { Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, EventTargetOptions, PubSubEventTarget } from "./types.ts";

/** The option that needs a history. */
export type StartOptions = Pick<SubscribeOptions, "from">;

/** How subscriptions begin in the past. A module of its own does so, so that programs without a history do not load it. */
export interface Past {
  /** Whether it serves a topic. Throws if it cannot, and `from` needs it. */
  has(topic: Topic, from: HistoryFrom | undefined): boolean;
  /** Makes the state of a subscription. */
  readonly subscribe: <T extends EventEnvelope>(
    topic: Topic,
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
  ) => SubscriptionState<T>;
  /** Listens as a callback of `on`, whose properties it adds to `handle`. */
  readonly listen: (
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    options: StartOptions,
    handle: object,
  ) => () => void;
}

/** The history that an event target has, which also serves subscriptions. */
export interface TargetHistory extends HistorySource<EventEnvelope>, Past {}

/** A history to which an event target gives its events. */
export interface KeepingHistory extends MemoryHistory<EventEnvelope> {
  /** Creates the event target that it belongs to. */
  createEventTarget(options: EventTargetOptions): PubSubEventTarget;
  /** Gives its events to an event target that keeps them in a form of its own. */
  keepAs<TEvent>(form: EventForm<TEvent>): KeptEvents<TEvent>;
}

/** The error for an option that is not a history, such as the bounds of one. */
export function notHistory(value: unknown): TypeError {
  return new TypeError(`Cannot use ${describe(value)} as a history: create it with createMemoryHistory()`);
}

/** The past of a topic: of the target's own history, or of one at its far end. */
export function pastOf(target: PubSubEventTarget, topic: Topic, { from }: StartOptions): Past | undefined {
  // Cast: every history of the library is one, and a link can have a past. Another one is not used here.
  const { history, past = history } = target as PubSubEventTarget & { history?: TargetHistory; past?: Past };
  if (past?.has?.(topic, from)) return past;
  if ((from ?? "now") === "now") return undefined;
  throw new TypeError("Cannot use from without a history; a link needs the option resume");
}
