import { assertCount } from "../arguments.ts";
import { describe } from "../describe.ts";
import type { KeepingHistory, StartOptions, TargetHistory } from "../history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistoryStats,
  Position,
} from "../history_source.ts";
import type { SubscribeOptions } from "../subscription_state.ts";
import { EVERY_TOPIC, type Topic, topicOf } from "../topic.ts";
import type { EnvelopeListener, EventEnvelope, EventTargetOptions } from "../types.ts";
import { NoHistoryError } from "./errors.ts";
import { KeepingEventTarget } from "./keeping_event_target.ts";
import { listenFrom } from "./listen_from.ts";
import type { MemoryLog } from "./memory_log.ts";
import { ReplayedState } from "./replayed_state.ts";

/** The history of one event target: its log, and how subscriptions use it. */
export class OwnHistory implements KeepingHistory, TargetHistory {
  readonly #log: MemoryLog;
  #target: KeepingEventTarget | undefined;

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  createEventTarget(options: EventTargetOptions): KeepingEventTarget {
    if (this.#target !== undefined) {
      throw new TypeError("Cannot use a history on two event targets: create one for each");
    }
    return this.#target = new KeepingEventTarget(options, this.#log, this);
  }

  declares(type: string): boolean {
    return this.#log.declares(type);
  }

  head(): Position {
    return this.#log.head();
  }

  read(
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): HistoryPage<EventEnvelope> {
    return this.#log.read(topic, after, bounds);
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#log.isAfter(position, other);
  }

  forget(type: string, id?: string): void {
    this.#log.forget(type, id);
  }

  stats(): HistoryStats {
    return this.#log.stats();
  }

  has({ type, id }: Topic, from: HistoryFrom = "now"): boolean {
    assertFrom(from);
    if (this.declares(type)) return true;
    if (from === "now") return false;
    if (type !== EVERY_TOPIC) throw new NoHistoryError(topicOf(type, id));
    throw new TypeError(`Cannot use "from" with all events: name an event type`);
  }

  subscribe<T extends EventEnvelope>(
    topic: Topic,
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
  ): ReplayedState<T> {
    return new ReplayedState<T>(options, open, this.#log, topic);
  }

  listen(
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    { from = "now" }: StartOptions,
    handle: object,
  ): () => void {
    if (this.#target === undefined) throw new TypeError("Cannot listen: the history has no event target");
    return listenFrom(this.#target, this.#log, { type, id }, listener, from, handle);
  }
}

/** Any text is a position: one of another history gets a gap. */
function assertFrom(from: unknown): void {
  if (typeof from === "string") return;
  if (typeof from === "object" && from !== null) {
    if ("last" in from) return assertCount("from.last", from.last, 1);
    if ("latest" in from && typeof from.latest === "string") return;
  }
  throw new TypeError(
    `Cannot use ${
      describe(from)
    } as from: it must be "now", "start", "latest", { last }, { latest } or a position`,
  );
}
