import type { BaseEventTarget } from "../../../core/base_event_target.ts";
import { NoHistoryError } from "../../../core/history/errors.ts";
import { assertFrom } from "../../../core/history/from.ts";
import { listenFrom } from "../../../core/history/listen_from.ts";
import type { ReplaySource } from "../../../core/history/replay.ts";
import { ReplayedState } from "../../../core/history/replayed_state.ts";
import type { StartOptions, TargetHistory } from "../../../core/history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPageBounds,
  Position,
} from "../../../core/history_source.ts";
import type { SubscribeOptions } from "../../../core/subscription_state.ts";
import { type Topic, topicOf } from "../../../core/topic.ts";
import type { EnvelopeListener, EventEnvelope } from "../../../core/types.ts";
import type { Page } from "./pages.ts";
import type { RedisLog } from "./redis_log.ts";

/** The history of one event target, and how subscriptions use it. */
export class RedisHistory implements TargetHistory {
  readonly settle: () => Promise<void>;
  readonly #log: RedisLog;
  readonly #target: BaseEventTarget;
  readonly #source: ReplaySource;

  /** @param settle Resolves when all live events that were published before have been delivered. */
  constructor(log: RedisLog, target: BaseEventTarget, settle: () => Promise<void>) {
    this.settle = settle;
    this.#log = log;
    this.#target = target;
    this.#source = {
      read: (topic, after, bounds) => log.read(topic, after, bounds),
      isAfter: (position, other) => log.isAfter(position, other),
      report: (error, { type, id }) => target.report("subscribe", error, topicOf(type, id)),
    };
  }

  declares(type: string): boolean {
    return this.#log.declares(type);
  }

  head(topic: Topic): Promise<Position> {
    return this.#log.head(topic);
  }

  read(topic: Topic, after: HistoryFrom | HistoryCursor, bounds: HistoryPageBounds): Promise<Page> {
    return this.#log.read(topic, after, bounds);
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#log.isAfter(position, other);
  }

  has(topic: Topic, from: HistoryFrom = "now"): boolean {
    assertFrom(topic, from);
    if (this.declares(topic.type)) return true;
    if (from === "now") return false;
    throw new NoHistoryError(topicOf(topic.type, topic.id));
  }

  subscribe<T extends EventEnvelope>(
    topic: Topic,
    options: SubscribeOptions,
    open: Set<EnvelopeListener>,
  ): ReplayedState<T> {
    return new ReplayedState<T>(options, open, this.#source, topic);
  }

  listen(
    type: string,
    id: string | undefined,
    listener: EnvelopeListener,
    { from = "now" }: StartOptions,
    handle: object,
  ): () => void {
    return listenFrom(this.#target, this.#source, { type, id }, listener, from, handle);
  }
}
